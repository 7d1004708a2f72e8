namespace ComfyUi.Client;

/// <summary>A file on its way from the server; dispose it to free the connection.</summary>
public sealed class ViewedFile : IAsyncDisposable
{
    private readonly HttpResponseMessage _response;

    internal ViewedFile(HttpResponseMessage response, Stream content)
    {
        _response = response;
        Content = content;
        ContentType = response.Content.Headers.ContentType?.MediaType;
        Length = response.Content.Headers.ContentLength;
    }

    /// <summary>Not seekable. Reading throws <see cref="IOException"/> if the connection breaks, and has no time limit of its own.</summary>
    public Stream Content { get; }

    /// <summary>Guessed by the server from the name.</summary>
    public string? ContentType { get; }

    /// <summary>In bytes, if the server said so.</summary>
    public long? Length { get; }

    public async ValueTask DisposeAsync()
    {
        await Content.DisposeAsync();
        _response.Dispose();
    }
}
