using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Presage.Tests;

/// <summary>A mirror on this machine, as good or bad as a test wants it.</summary>
internal sealed class DataTestServer : IDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource stop = new();
    private readonly Dictionary<string, (byte[] Body, int Announced)> files = [];

    public DataTestServer()
    {
        listener.Start();
        Address = new Uri($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/data/");
        _ = ServeAsync();
    }

    public Uri Address { get; }

    /// <summary>Whether requests are heard and never answered.</summary>
    public bool Silent { get; set; }

    /// <summary>Whether an answer stops before its end, and the connection stays open.</summary>
    public bool Stalls { get; set; }

    public int Requests { get; private set; }

    /// <summary>Serves a file, announced with some length more than it has.</summary>
    public void Add(string name, byte[] body, int missing = 0) => files[$"/data/{name}"] = (body, body.Length + missing);

    public void Dispose()
    {
        stop.Cancel();
        listener.Dispose();
        stop.Dispose();
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                _ = AnswerAsync(await listener.AcceptTcpClientAsync(stop.Token));
            }
        }
        catch (Exception end) when (end is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task AnswerAsync(TcpClient client)
    {
        try
        {
            using var connection = client;
            await using var stream = connection.GetStream();
            using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
            var path = (await reader.ReadLineAsync(stop.Token) ?? "").Split(' ')[1];
            while (await reader.ReadLineAsync(stop.Token) is { Length: > 0 })
            {
                // The rest of the request does not matter.
            }

            Requests++;
            if (Silent)
            {
                await Task.Delay(Timeout.Infinite, stop.Token);
            }

            var (status, file) = files.TryGetValue(path, out var found) ? ("200 OK", found) : ("404 Not Found", ([], 0));
            var head = $"HTTP/1.1 {status}\r\nContent-Length: {file.Item2}\r\nConnection: close\r\n\r\n";
            await stream.WriteAsync(Encoding.ASCII.GetBytes(head), stop.Token);
            await stream.WriteAsync(Stalls ? file.Item1.AsMemory(0, file.Item1.Length / 2) : file.Item1, stop.Token);
            if (Stalls)
            {
                await Task.Delay(Timeout.Infinite, stop.Token);
            }
        }
        catch (Exception end) when (end is OperationCanceledException or IOException or ObjectDisposedException)
        {
            // The client left, or the test is over.
        }
    }
}
