using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace ComfyGateway.Outputs;

/// <summary>
/// Sends a file in pieces that grow for as long as the reader takes them at once, and are small again when it does not: a fast download takes
/// few calls of the system, and a slow one little memory. (The framework's own pieces are either always small or always large.)
/// </summary>
internal static class PiecewiseBody
{
    private const int Smallest = 16 * 1024;
    private const int Largest = 128 * 1024;

    /// <summary>Sends the next <paramref name="count"/> bytes of <paramref name="content"/>, or fewer to a reader who goes away.</summary>
    /// <exception cref="EndOfStreamException">The content is shorter.</exception>
    public static async Task Send(HttpResponse response, Stream content, long count, CancellationToken ct)
    {
        var body = response.BodyWriter;
        var slowest = response.HttpContext.Features.Get<IHttpMinResponseDataRateFeature>();
        var rate = slowest?.MinDataRate;
        for (var size = Smallest; count > 0;)
        {
            Allow(slowest, rate, size);
            var piece = body.GetMemory(size)[..(int)Math.Min(size, count)];
            var read = await content.ReadAsync(piece, ct);
            if (read == 0)
            {
                throw new EndOfStreamException($"The file is {count} bytes shorter than it was.");
            }

            body.Advance(read);
            count -= read;
            var taken = body.FlushAsync(ct);
            // A store that gives less than was asked for needs no larger pieces either.
            size = taken.IsCompleted && read == piece.Length ? Math.Min(size * 2, Largest) : Smallest;
            if ((await taken).IsCompleted)
            {
                // Nobody reads any more.
                return;
            }
        }
    }

    /// <summary>
    /// The server does not count what is written in its own memory, and would cut a reader off that does not take any such piece within
    /// the grace period. So that is the time in which it must take this one.
    /// </summary>
    private static void Allow(IHttpMinResponseDataRateFeature? slowest, MinDataRate? rate, int size)
    {
        if (rate is not null && TimeSpan.FromSeconds(size / rate.BytesPerSecond) is var longest && longest > rate.GracePeriod && longest != slowest!.MinDataRate?.GracePeriod)
        {
            slowest.MinDataRate = new MinDataRate(rate.BytesPerSecond, longest);
        }
    }
}
