using System.Collections;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using Microsoft.Extensions.Configuration;

namespace HsStream.Service.Configuration;

/// <summary>Finds keys that no option has and values that break an option's rule, before anything starts.</summary>
internal static class OptionsCheck
{
    /// <exception cref="ConfigurationException">The first value, in the order of the options, that its rule does not allow.</exception>
    /// <param name="unused">Sections that nobody will read, whose required values may be missing.</param>
    public static void Values(object options, IReadOnlySet<string> unused, string path = "")
    {
        foreach (var property in Properties(options.GetType()).Where(property => !unused.Contains(path + property.Name)))
        {
            var (key, value) = (path + property.Name, property.GetValue(options));
            foreach (var rule in property.GetCustomAttributes<ValidationAttribute>())
            {
                if (!rule.IsValid(value)) { throw new ConfigurationException(key, $"expected {Expected(rule)}, got '{Text(value)}'"); }
            }

            if (value is Enum choice && !Enum.IsDefined(choice.GetType(), choice))
            {
                throw new ConfigurationException(key, $"expected one of {string.Join(", ", Enum.GetNames(choice.GetType()))}, got '{choice}'");
            }

            if (value is not null && IsSection(property.PropertyType)) { Values(value, unused, key + ":"); }
        }
    }

    /// <exception cref="ConfigurationException">A key that is not an option's.</exception>
    public static void Keys(IConfiguration configuration, Type options, string path = "")
    {
        var properties = Properties(options).ToDictionary(property => property.Name, StringComparer.OrdinalIgnoreCase);
        foreach (var child in configuration.GetChildren())
        {
            if (!properties.TryGetValue(child.Key, out var property))
            {
                throw new ConfigurationException(path + child.Key, $"not a key of HsStream; expected one of {string.Join(", ", properties.Values.Select(p => path + p.Name))}");
            }

            var key = path + property.Name;
            if (IsSection(property.PropertyType))
            {
                if (!string.IsNullOrEmpty(child.Value)) { throw new ConfigurationException(key, $"expected a section with keys, got the value '{child.Value}'"); }
                Keys(child, property.PropertyType, key + ":");
            }
            else if (!IsCollection(property.PropertyType) && child.GetChildren().FirstOrDefault() is { } below)
            {
                throw new ConfigurationException($"{key}:{below.Key}", $"not a key of HsStream; {key} is a value");
            }
        }
    }

    private static IEnumerable<PropertyInfo> Properties(Type type) =>
        type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.SetMethod is not null && property.GetIndexParameters().Length == 0);

    private static bool IsSection(Type type) =>
        type.IsClass && type != typeof(string) && !IsCollection(type);

    private static bool IsCollection(Type type) => type != typeof(string) && typeof(IEnumerable).IsAssignableFrom(type);

    private static string Expected(ValidationAttribute rule) => rule switch
    {
        RequiredAttribute => "a value",
        RangeAttribute range => $"{Text(range.Minimum)} to {Text(range.Maximum)}",
        _ => rule.FormatErrorMessage("value"),
    };

    private static string Text(object? value) => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
}
