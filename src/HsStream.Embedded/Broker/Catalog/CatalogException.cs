namespace HsStream.Embedded.Broker.Catalog;

/// <summary>The catalog of a data directory cannot be used; the message is one line for the operator.</summary>
internal sealed class CatalogException : Exception
{
    public CatalogException(string message)
        : base(message)
    {
    }

    public CatalogException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
