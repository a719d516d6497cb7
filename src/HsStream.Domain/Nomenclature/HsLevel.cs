namespace HsStream.Domain.Nomenclature;

/// <summary>How far a code divides; the value is its number of digits.</summary>
public enum HsLevel
{
    None = 0,
    Chapter = 2,
    Heading = 4,
    Subheading = 6,
}
