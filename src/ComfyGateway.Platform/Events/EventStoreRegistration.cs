using System.Data.Common;
using JasperFx;
using JasperFx.Events;
using Marten;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using Weasel.Core;

namespace ComfyGateway.Platform.Events;

/// <summary>One Marten store for all modules; each adds its own documents, events and tables with <c>ConfigureMarten</c>.</summary>
public static class EventStoreRegistration
{
    /// <summary>The PostgreSQL schema of everything that the gateway keeps, Quartz's tables excepted.</summary>
    public const string Schema = "gateway";

    private const int PreparedStatements = 64;
    private const int KeepAliveSeconds = 30;

    // A server that ends sessions which nobody uses for a while would end those that are kept, and the next request on each would fail. Since version 14.
    private const string Stay = "select set_config(name, '0', false) from pg_settings where name = 'idle_session_timeout'";

    // A group of jobs goes out in one piece. In two, PostgreSQL begins with the first, on the processor that was about to send the second.
    private const int WriteBufferBytes = 128 * 1024;

    public static IServiceCollection AddEventStore(this IServiceCollection services, string connectionString)
    {
        services.AddSingleton(DataSource(connectionString));
        services.AddSingleton<DbDataSource>(provider => provider.GetRequiredService<NpgsqlDataSource>());
        services.AddSingleton<DatabaseSchema>();
        services.AddSingleton<ClusterNotices>();
        services.AddHostedService(provider => provider.GetRequiredService<ClusterNotices>());
        services.AddMarten(options =>
            {
                options.DatabaseSchemaName = Schema;
                options.AutoCreateSchemaObjects = AutoCreate.CreateOrUpdate;
                options.DisableNpgsqlLogging = true;
                options.UseSystemTextJsonForSerialization(EnumStorage.AsString, Casing.CamelCase);
                options.Events.StreamIdentity = StreamIdentity.AsGuid;
                options.Events.MetadataConfig.CorrelationIdEnabled = true;
                options.Events.MetadataConfig.UserNameEnabled = true;
            })
            .UseLightweightSessions()
            .UseNpgsqlDataSource();
        services.ConfigureMarten((provider, options) => options.Logger(new MartenLog(provider.GetRequiredService<ILogger<IDocumentStore>>())));
        return services;
    }

    /// <summary>
    /// The same few statements run for every job: planned once per connection. A string that says otherwise (for a pooler between that
    /// keeps no prepared statements) has its way.
    /// </summary>
    private static NpgsqlDataSource DataSource(string connectionString)
    {
        var builder = new NpgsqlDataSourceBuilder(connectionString);
        if (!connectionString.Contains("Auto Prepare", StringComparison.OrdinalIgnoreCase))
        {
            builder.ConnectionStringBuilder.MaxAutoPrepare = PreparedStatements;
            builder.ConnectionStringBuilder.AutoPrepareMinUsages = 2;
            // Nothing here changes a session beyond its transaction, but for how connections that are kept plan and how long they stay: so there is nothing to reset.
            builder.ConnectionStringBuilder.NoResetOnClose = true;
            builder.UsePhysicalConnectionInitializer(
                connection =>
                {
                    using var stay = new NpgsqlCommand(Stay, connection);
                    stay.ExecuteNonQuery();
                },
                async connection =>
                {
                    await using var stay = new NpgsqlCommand(Stay, connection);
                    await stay.ExecuteNonQueryAsync();
                });
        }

        if (!connectionString.Contains("Write Buffer Size", StringComparison.OrdinalIgnoreCase))
        {
            builder.ConnectionStringBuilder.WriteBufferSize = WriteBufferBytes;
        }

        // Some connections are kept for good, and listen or wait for work: a router between must not forget one that is quiet, and a server that
        // is gone without a word must be noticed. Not over a Unix socket, which has neither.
        if (!connectionString.Contains("Keepalive", StringComparison.OrdinalIgnoreCase) && builder.ConnectionStringBuilder.Host?.StartsWith('/') != true)
        {
            builder.ConnectionStringBuilder.TcpKeepAlive = true;
            builder.ConnectionStringBuilder.TcpKeepAliveTime = KeepAliveSeconds;
            builder.ConnectionStringBuilder.TcpKeepAliveInterval = KeepAliveSeconds / 3;
        }

        return builder.Build();
    }
}
