using System.Collections;
using HsStream.Scoring.Onnx;
using HsStream.Service.Configuration;
using Xunit;

namespace HsStream.UnitTests.Service.Configuration;

public sealed class ConfigurationReaderTests : IDisposable
{
    private readonly string _file = Path.Combine(Path.GetTempPath(), $"hsstream-settings-{Guid.NewGuid():n}.json");

    public void Dispose() => File.Delete(_file);

    [Fact]
    public void The_command_line_wins_over_the_environment_and_that_over_the_file()
    {
        File.WriteAllText(_file, """{ "Roles": "scorer", "Scorer": { "Workers": 1, "MaxBatchRecords": 11, "GroupId": "file" } }""");
        var options = Read(
            new Hashtable { ["HSSTREAM_Scorer__Workers"] = "2", ["HSSTREAM_Scorer__MaxBatchRecords"] = "12", ["HSSTREAM_KAFKA"] = "kafka:9092", ["PATH"] = "/bin" },
            "--Scorer:Workers", "3");
        Assert.Equal((3, 12, "file", "kafka:9092"), (options.Scorer.Workers, options.Scorer.MaxBatchRecords, options.Scorer.GroupId, options.Kafka.BootstrapServers));
    }

    [Fact]
    public void Every_short_option_reaches_its_key()
    {
        var options = Read(
            [], "--roles=scorer,ledger", "--bootstrap-servers", "k:1", "--registry", "http://r", "--postgres", "Host=p", "--models", "m",
            "--models-url", "http://c", "--http-host", "*", "--http-port", "0", "--Kafka:ClientProperties:security.protocol=SSL", "--Scoring:Accelerator=Auto");
        Assert.Equal(
            ("k:1", "http://r", "Host=p", "m", "http://c", "*", 0, "SSL", AcceleratorPreference.Auto),
            (options.Kafka.BootstrapServers, options.Kafka.SchemaRegistryUrl, options.Ledger.ConnectionString, options.Models.Directory, options.Models.Url,
                options.Http.Host, options.Http.Port, options.Kafka.ClientProperties["security.protocol"], options.Scoring.Accelerator));
        Assert.Equal([Role.Scorer, Role.Ledger], options.Validate().Order());
    }

    [Theory]
    [InlineData("Scorer:Wrokers", "2", "Scorer:Wrokers", "not a key")]
    [InlineData("Scrorer:Workers", "2", "Scrorer", "not a key")]
    [InlineData("Scorer:Workers:Some", "2", "Scorer:Workers:Some", "not a key")]
    [InlineData("Scorer:Workers", "65", "Scorer:Workers", "expected 0 to 64, got '65'")]
    [InlineData("Scorer:Workers", "many", "Scorer:Workers", "many")]
    [InlineData("Scorer:MaxTransactionTime", "00:01:00", "Scorer:MaxTransactionTime", "expected 00:00:00.0010000 to 00:00:10, got '00:01:00'")]
    [InlineData("Scorer:GroupId", "", "Scorer:GroupId", "expected a value")]
    [InlineData("Scoring:Accelerator", "Abacus", "Scoring:Accelerator", "Abacus")]
    [InlineData("Roles", "scorer,monitor", "Roles", "the role monitor is not part of this release")]
    [InlineData("Roles", "Trainer", "Roles", "the role trainer is not part of this release")]
    [InlineData("Roles", "scorer,chef", "Roles", "'chef'")]
    [InlineData("Roles", "scorer,1", "Roles", "'1'")]
    [InlineData("Roles", " , ", "Roles", "at least one role")]
    public void A_key_or_value_that_means_nothing_stops_the_start_and_is_named(string key, string value, string named, string reason)
    {
        var refusal = Assert.Throws<ConfigurationException>(() => Read([], "--roles", "scorer", $"--{(key == "Roles" ? "roles" : key)}={value}"));
        Assert.Equal(named, refusal.Key);
        Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_ledgers_database_is_asked_for_only_by_roles_that_use_it()
    {
        Assert.Equal("", Read([], "--roles", "scorer").Ledger.ConnectionString);
        Assert.Equal("Ledger:ConnectionString", Assert.Throws<ConfigurationException>(() => Read([], "--roles", "ledger")).Key);
        Assert.Equal("Ledger:ConnectionString", Assert.Throws<ConfigurationException>(() => Read([], "--roles", "console")).Key);
    }

    [Theory]
    [InlineData("--what", "2")]
    [InlineData("roles", "scorer")]
    [InlineData("--roles")]
    public void Arguments_that_are_not_understood_are_named(params string[] arguments) =>
        Assert.Contains(arguments[0], Assert.Throws<ConfigurationException>(() => Read([], arguments)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_broken_settings_file_is_named()
    {
        File.WriteAllText(_file, "{ \"Roles\": ");
        Assert.Equal(_file, Assert.Throws<ConfigurationException>(() => Read([], "--roles", "scorer")).Key);
    }

    private ServiceOptions Read(Hashtable environment, params string[] arguments) => ConfigurationReader.Read(_file, environment, arguments);
}
