using System.Net.Sockets;
using ComfyGateway.Platform.Problems;
using Npgsql;

namespace ComfyGateway.Tests.Platform;

public sealed class DatabaseFailureTests
{
    [Theory]
    [InlineData("57P01", true)]
    [InlineData("57P02", true)]
    [InlineData("57P03", true)]
    [InlineData("57P05", true)]
    [InlineData("25P03", true)]
    [InlineData("53300", true)]
    [InlineData("53100", true)]
    [InlineData("53200", true)]
    [InlineData("58030", true)]
    [InlineData("25006", true)]
    [InlineData("08000", true)]
    [InlineData("08006", true)]
    [InlineData("23505", false)]
    [InlineData("40001", false)]
    [InlineData("42P01", false)]
    [InlineData("22P05", false)]
    [InlineData("57014", false)]
    public void The_servers_own_code_tells(string state, bool isOutage) =>
        DatabaseFailure.IsOutage(new PostgresException("x", "ERROR", "ERROR", state)).ShouldBe(isOutage);

    [Fact]
    public void A_connection_that_breaks_is_an_outage()
    {
        DatabaseFailure.IsOutage(new NpgsqlException("x", new SocketException((int)SocketError.ConnectionRefused))).ShouldBeTrue();
        DatabaseFailure.IsOutage(new NpgsqlException("x", new IOException())).ShouldBeTrue();
        DatabaseFailure.IsOutage(new NpgsqlException("x", new TimeoutException())).ShouldBeTrue();
        DatabaseFailure.IsOutage(new InvalidOperationException("wrapped", new NpgsqlException("x", new IOException()))).ShouldBeTrue();
    }

    [Fact]
    public void A_connection_that_breaks_under_a_reader_is_one_though_the_driver_trips_over_it()
    {
        var tripped = Should.Throw<NullReferenceException>(() => ((object)null!).ToString());
        DatabaseFailure.IsOutage(tripped).ShouldBeFalse();

        tripped.Source = "Npgsql";
        DatabaseFailure.IsOutage(tripped).ShouldBeTrue();
    }

    [Fact]
    public void Anything_else_is_not()
    {
        DatabaseFailure.IsOutage(new IOException()).ShouldBeFalse();
        DatabaseFailure.IsOutage(new InvalidOperationException("x", new ArgumentException("y"))).ShouldBeFalse();
        DatabaseFailure.IsOutage(new NpgsqlException("x", new InvalidCastException())).ShouldBeFalse();
    }
}
