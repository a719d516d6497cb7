namespace HsStream.Embedded; internal static class Placeholder { }
