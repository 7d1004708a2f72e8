using System.Text;
using ComfyGateway.Outputs.Files;
using CsCheck;

namespace ComfyGateway.Tests.Outputs.Files;

public sealed class OutputNameTests
{
    [Theory]
    [InlineData("ComfyUI_00001_.png", "ComfyUI_00001_.png")]
    [InlineData("a b (1)+=,@-_.png", "a b (1)+=,@-_.png")]
    [InlineData("ünïcödé.png", "ünïcödé.png")]
    [InlineData("文字.webp", "文字.webp")]
    [InlineData("é😀_00001_.png", "é😀_00001_.png")]
    [InlineData("❤️👍🏽🇩🇪1️⃣.png", "❤️👍🏽🇩🇪1️⃣.png")]
    [InlineData("हिन्दी ไทย.png", "हिन्दी ไทย.png")]
    [InlineData("𝒳𠀀.png", "𝒳𠀀.png")]
    [InlineData("a'b & {c}; [d]#e!.png", "a'b & {c}; [d]#e!.png")]
    [InlineData("100%_00001_.png", "100%_00001_.png")]
    [InlineData("100%", "100%")]
    [InlineData("noextension", "noextension")]
    [InlineData("a.tar.gz", "a.tar.gz")]
    [InlineData("CamelCase.PNG", "CamelCase.PNG")]
    public void A_harmless_name_stays(string name, string expected) => OutputName.Safe(name).ShouldBe(expected);

    [Theory]
    [InlineData("", "output")]
    [InlineData(" ", "output")]
    [InlineData(".", "output")]
    [InlineData("..", "output")]
    [InlineData("...", "output")]
    [InlineData(". .", "output")]
    [InlineData("/", "output")]
    [InlineData("\\", "output")]
    [InlineData("a/", "output")]
    [InlineData("a/..", "output")]
    [InlineData("../", "output")]
    [InlineData("../../etc/passwd", "passwd")]
    [InlineData("..\\..\\boot.ini", "boot.ini")]
    [InlineData("a/../../b.png", "b.png")]
    [InlineData("/etc/shadow", "shadow")]
    [InlineData("//server/share/x.png", "x.png")]
    [InlineData("\\\\server\\share\\x.png", "x.png")]
    [InlineData("\\\\?\\C:\\x.png", "x.png")]
    [InlineData("C:\\Windows\\win.ini", "win.ini")]
    [InlineData("C:x.png", "C_x.png")]
    [InlineData("x.png:stream", "x.png_stream")]
    [InlineData("x.png::$DATA", "x.png___DATA")]
    [InlineData("file:///etc/passwd", "passwd")]
    [InlineData("%2e%2e%2fpasswd", "_2e_2e_2fpasswd")]
    [InlineData("..%2f..%2fpasswd", "_2f.._2fpasswd")]
    [InlineData("..%5cpasswd", "_5cpasswd")]
    [InlineData("%252e%252e/x", "x")]
    [InlineData("\u2025\u2215x", "__x")]
    [InlineData("\uff0e\uff0e\uff0fx", "___x")]
    [InlineData("\u2044etc\u2044x", "_etc_x")]
    [InlineData("a\0b.png", "a_b.png")]
    [InlineData("\0", "_")]
    [InlineData("a.png\0.exe", "a.png_.exe")]
    [InlineData("a\nb.png", "a_b.png")]
    [InlineData("a\r\nSet-Cookie: x.png", "a__Set-Cookie_ x.png")]
    [InlineData("a\tb.png", "a_b.png")]
    [InlineData("a\u001b[31m.png", "a_[31m.png")]
    [InlineData("a\u007f.png", "a_.png")]
    [InlineData("a\u0085.png", "a_.png")]
    [InlineData("a\u2028b.png", "a_b.png")]
    [InlineData("gpj\u202eexe.png", "gpj_exe.png")]
    [InlineData("\u200fa.png", "_a.png")]
    [InlineData("a\u200b.png", "a_.png")]
    [InlineData("\ufeffa.png", "_a.png")]
    [InlineData("a\u00a0b.png", "a_b.png")]
    [InlineData("👩‍👩‍👧", "👩_👩_👧")]
    [InlineData("%%41", "%_41")]
    [InlineData("a\ue000\uffff\U000e0041.png", "a___.png")]
    [InlineData("a\ufffdb.png", "a_b.png")]
    [InlineData("x^y~1.png", "x_y_1.png")]
    [InlineData("a<b>c.png", "a_b_c.png")]
    [InlineData("a\"b.png", "a_b.png")]
    [InlineData("a|b?c*d.png", "a_b_c_d.png")]
    [InlineData("a;b&c`d$e.png", "a;b&c_d_e.png")]
    [InlineData("$(reboot).png", "_(reboot).png")]
    [InlineData("a#b%cc.png", "a#b_cc.png")]
    [InlineData("~root", "_root")]
    [InlineData(".htaccess", "htaccess")]
    [InlineData("  .png", "png")]
    [InlineData("a.png.", "a.png")]
    [InlineData("a.png ", "a.png")]
    [InlineData("a.png. . .", "a.png")]
    [InlineData("-rf.png", "-rf.png")]
    [InlineData("CON", "_CON")]
    [InlineData("con.png", "_con.png")]
    [InlineData("Con.tar.gz", "_Con.tar.gz")]
    [InlineData("con .png", "_con .png")]
    [InlineData("con.", "_con")]
    [InlineData("PRN", "_PRN")]
    [InlineData("aux.txt", "_aux.txt")]
    [InlineData("NUL", "_NUL")]
    [InlineData("COM1", "_COM1")]
    [InlineData("lpt9.png", "_lpt9.png")]
    [InlineData("COM¹.png", "COM_.png")]
    [InlineData("CONIN$", "CONIN_")]
    [InlineData("console.png", "console.png")]
    [InlineData("com10.png", "com10.png")]
    public void A_hostile_name_becomes_a_harmless_one(string name, string expected) => OutputName.Safe(name).ShouldBe(expected);

    [Fact]
    public void Half_a_surrogate_pair_is_replaced() => OutputName.Safe("a\ud800b\udc00.png").ShouldBe("a_b_.png");

    [Theory]
    [InlineData('a', 200, ".png")]
    [InlineData('文', 200, ".png")]
    [InlineData('ü', 119, ".safetensors")]
    [InlineData('a', 100_000, "")]
    [InlineData('.', 300, "x")]
    public void A_long_name_is_cut_and_keeps_its_extension(char letter, int count, string end)
    {
        var safe = OutputName.Safe(new string(letter, count) + end);

        Encoding.UTF8.GetByteCount(safe).ShouldBeLessThanOrEqualTo(120);
        safe.ShouldEndWith(end.Length <= 10 ? end : "");
    }

    [Fact]
    public void Whatever_the_name_it_becomes_safe_and_stays_so()
    {
        string[] pieces = ["..", "%", "4", "e", "/", "\\", "con", ".png", " ", "\0", "\u202e", "🦊", "\ud800", "文文文文文文文文文文文文文文文文", new string('a', 118), "\u0301", "İ", "ß"];
        var names = Gen.OneOf(Gen.Int[0, pieces.Length - 1].Select(i => pieces[i]), Gen.Char.Select(c => c.ToString())).Array[0, 12].Select(string.Concat);

        names.Sample(name =>
        {
            var safe = OutputName.Safe(name);
            return safe.Length > 0 && Encoding.UTF8.GetByteCount(safe) <= 120 && safe is not ("." or "..")
                && !safe.Any(c => c is '/' or '\\' or ':' || char.IsControl(c)) && !safe.EnumerateRunes().Contains(Rune.ReplacementChar)
                && safe.Trim(' ', '.') == safe && !Escape().IsMatch(safe) && OutputName.Safe(safe) == safe;
        }, iter: 50_000);
    }

    [Theory]
    [InlineData("", "a.png", "a.png")]
    [InlineData("a.png", "a.png", "a-2.png")]
    [InlineData("a.png a-2.png", "a.png", "a-3.png")]
    [InlineData("a-2.png", "a.png", "a.png")]
    [InlineData("A.PNG", "a.png", "a-2.png")]
    [InlineData("a", "a", "a-2")]
    [InlineData("a.tar.gz", "a.tar.gz", "a.tar-2.gz")]
    public void A_name_that_is_taken_is_numbered(string taken, string name, string expected)
    {
        var names = taken.Split(' ', StringSplitOptions.RemoveEmptyEntries).ToHashSet(StringComparer.OrdinalIgnoreCase);

        OutputName.Unique(name, names).ShouldBe(expected);
        names.ShouldContain(expected);
    }

    private static System.Text.RegularExpressions.Regex Escape() => new("%[0-9A-Fa-f]{2}");
}
