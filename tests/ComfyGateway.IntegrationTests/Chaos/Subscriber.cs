using System.Net.ServerSentEvents;

namespace ComfyGateway.IntegrationTests.Chaos;

/// <summary>Follows a job as a browser's EventSource does: after a break it comes back with the id of the last event that it has.</summary>
internal sealed class Subscriber(HttpClient gateway, Guid jobId)
{
    // A browser waits for some seconds.
    private static readonly TimeSpan Reconnection = TimeSpan.FromMilliseconds(250);

    private readonly List<SseItem<string>> _heard = [];

    /// <summary>The events that have an id, in the order of their arrival.</summary>
    public IReadOnlyList<SseItem<string>> Heard
    {
        get
        {
            lock (_heard)
            {
                return [.. _heard];
            }
        }
    }

    /// <summary>How often it had an answer.</summary>
    public int Connections { get; private set; }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async Task Follow()
    {
        while (Heard is not [.., { EventType: "succeeded" or "failed" or "canceled" }])
        {
            try
            {
                await Listen();
            }
            catch (Exception exception) when (exception is HttpRequestException or IOException)
            {
                await Task.Delay(Reconnection, Ct);
            }
        }
    }

    private async Task Listen()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/jobs/{jobId}/events");
        if (Heard is [.., var last])
        {
            request.Headers.Add("Last-Event-ID", last.EventId);
        }

        using var response = await gateway.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Ct);
        response.EnsureSuccessStatusCode();
        Connections++;
        await foreach (var item in SseParser.Create(await response.Content.ReadAsStreamAsync(Ct)).EnumerateAsync(Ct))
        {
            if (item.EventId is not null)
            {
                lock (_heard)
                {
                    _heard.Add(item);
                }
            }
        }
    }
}
