using System.Globalization;
using ComfyGateway.Jobs;
using ComfyGateway.Platform.Problems;
using FluentValidation;

namespace ComfyGateway.Outputs.Conversion;

/// <summary>What a download may ask for, as it was written.</summary>
internal sealed record DownloadOptions(string? Format, string? Quality, string? Width, string? Height, string? Metadata, string? Redirect)
{
    public const string Base64 = "base64";

    public bool IsBase64 => Format == Base64;

    /// <summary>How the output is to be; null for as it is.</summary>
    /// <exception cref="ProblemException">The output is no image that can be.</exception>
    public Rendition? RenditionOf(JobOutput output)
    {
        if (IsBase64 || this is { Format: null, Quality: null, Width: null, Height: null, Metadata: null })
        {
            return null;
        }

        if (!ImageFormat.IsReadable(output.ContentType))
        {
            var member = Format is not null ? "format" : Quality is not null ? "quality" : Width is not null ? "width" : Height is not null ? "height" : "metadata";
            throw ProblemException.Invalid(member, $"can be asked for of images only; this is {output.ContentType}");
        }

        var format = Format is not null
            ? ImageFormat.Named(Format)
            : ImageFormat.Of(output.ContentType) ?? throw ProblemException.Invalid("format", $"is required for {output.ContentType}");
        var wish = Rendition.Of(new OutputWish("png", Number(Quality), Number(Width), Number(Height)));
        return wish with { Format = format, KeepsMetadata = Metadata == "keep" };
    }

    private static int? Number(string? text) => text is null ? null : int.Parse(text, CultureInfo.InvariantCulture);
}

internal sealed class DownloadOptionsRules : AbstractValidator<DownloadOptions>
{
    public DownloadOptionsRules()
    {
        RuleFor(o => o.Format).Must(f => f is null or DownloadOptions.Base64 || OutputWish.Knows(f)).WithMessage($"must be base64, {OutputWish.FormatsInWords}");
        RuleFor(o => o.Quality).Must(q => IsWhole(q, 100)).WithMessage("must be a whole number from 1 to 100");
        RuleFor(o => o.Width).Must(w => IsWhole(w, OutputWish.MaxSide)).WithMessage($"must be a whole number from 1 to {OutputWish.MaxSide}");
        RuleFor(o => o.Height).Must(h => IsWhole(h, OutputWish.MaxSide)).WithMessage($"must be a whole number from 1 to {OutputWish.MaxSide}");
        RuleFor(o => o.Metadata).Must(m => m is null or "keep" or "strip").WithMessage("must be keep or strip");
        RuleFor(o => o.Redirect).Must(r => r is null or "true" or "false").WithMessage("must be true or false");
        RuleFor(o => o.Redirect).Must((o, r) => r != "true" || !o.IsBase64).WithMessage("gives a file itself, which cannot be base64");
        RuleFor(o => o.Format).Must((o, _) => o is { Quality: null, Width: null, Height: null, Metadata: null } || !o.IsBase64)
            .WithMessage("base64 is of the file as it is, without quality, width, height or metadata");
    }

    private static bool IsWhole(string? text, int max) =>
        text is null || (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= max);
}
