namespace HsStream.Embedded.Registry;

/// <summary>An answer other than success, with the status, code and message that Confluent's registry gives.</summary>
/// <remarks>
/// An exception, although it is an expected outcome: it is found anywhere between the parser and the log, and every
/// one of them ends the request. Clients switch on the codes and show the messages.
/// </remarks>
internal sealed class RegistryException(int status, int code, string message) : Exception(message)
{
    public int Status { get; } = status;

    public int Code { get; } = code;

    public static RegistryException SubjectNotFound(string subject) => new(404, 40401, $"Subject '{subject}' not found.");

    public static RegistryException VersionNotFound(int version) => new(404, 40402, $"Version {version} not found.");

    public static RegistryException SchemaNotFound() => new(404, 40403, "Schema not found");

    public static RegistryException SchemaNotFound(string id) => new(404, 40403, $"Schema {id} not found");

    public static RegistryException SubjectSoftDeleted(string subject) =>
        new(404, 40404, $"Subject '{subject}' was soft deleted.Set permanent=true to delete permanently");

    public static RegistryException SubjectNotSoftDeleted(string subject) =>
        new(404, 40405, $"Subject '{subject}' was not deleted first before being permanently deleted");

    public static RegistryException VersionSoftDeleted(string subject, int version) =>
        new(404, 40406, $"Subject '{subject}' Version {version} was soft deleted.Set permanent=true to delete permanently");

    public static RegistryException VersionNotSoftDeleted(string subject, int version) =>
        new(404, 40407, $"Subject '{subject}' Version {version} was not deleted first before being permanently deleted");

    public static RegistryException ConfigNotFound(string subject) =>
        new(404, 40408, $"Subject '{subject}' does not have subject-level compatibility configured");

    public static RegistryException ModeNotFound(string subject) =>
        new(404, 40409, $"Subject '{subject}' does not have subject-level mode configured");

    // Releases from 8.2 on say 40901; everything in use before, and Confluent's documentation, says 409.
    public static RegistryException Incompatible(string subject, IEnumerable<string> messages) => new(409, 409,
        $"Schema being registered is incompatible with an earlier schema for subject \"{subject}\", details: [{string.Join(", ", messages)}]");

    public static RegistryException InvalidSchema(string message) => new(422, 42201, message);

    public static RegistryException InvalidVersion(string version) => new(422, 42202,
        $"The specified version '{version}' is not a valid version id. Allowed values are between [1, 2^31-1] and the string \"latest\"");

    public static RegistryException InvalidCompatibility() => new(422, 42203,
        "Invalid compatibility level. Valid values are none, backward, forward, full, backward_transitive, forward_transitive, and full_transitive");

    public static RegistryException InvalidMode() => new(422, 42204,
        "Invalid mode. Valid values are READWRITE, READONLY, READONLY_OVERRIDE and IMPORT.");

    public static RegistryException NotPermitted(string message) => new(422, 42205, message);

    public static RegistryException ReferenceExists(string subject, int version) => new(422, 42206,
        $"One or more references exist to the schema {{magic=1,keytype=SCHEMA,subject={subject},version={version}}}.");

    public static RegistryException InvalidSubject(string subject) =>
        new(422, 42208, $"The specified subject '{subject}' is not a valid.");

    public static RegistryException SchemaTooLarge(string message) => new(422, 42209, message);

    public static RegistryException StoreFailed(string message) => new(500, 50001, message);

    public static RegistryException TimedOut(string message) => new(500, 50002, message);

    public static RegistryException Http(int status, string message) => new(status, status, message);
}
