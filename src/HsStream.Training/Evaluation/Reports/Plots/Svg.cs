using System.Globalization;
using System.Net;
using System.Text;

namespace HsStream.Training.Evaluation.Reports.Plots;

/// <summary>SVG as text. Colours come from the page's classes, so that a picture follows its light or dark mode.</summary>
internal sealed class Svg(int width, int height, string label)
{
    private readonly StringBuilder _body = new();

    public int Width => width;

    public int Height => height;

    public static string Encode(string text) => WebUtility.HtmlEncode(text);

    /// <summary>Tenths of a pixel are enough.</summary>
    public static string N(double value) => Math.Round(value, 1).ToString(CultureInfo.InvariantCulture);

    public void Line(double x1, double y1, double x2, double y2, string style) =>
        _body.Append($"<line class=\"{style}\" x1=\"{N(x1)}\" y1=\"{N(y1)}\" x2=\"{N(x2)}\" y2=\"{N(y2)}\"/>");

    public void Polyline(IEnumerable<(double X, double Y)> points, string style) =>
        _body.Append($"<polyline class=\"{style}\" points=\"{string.Join(' ', points.Select(p => $"{N(p.X)},{N(p.Y)}"))}\"/>");

    public void Circle(double x, double y, double radius, string style, string tip) =>
        _body.Append($"<circle class=\"{style}\" cx=\"{N(x)}\" cy=\"{N(y)}\" r=\"{N(radius)}\"><title>{Encode(tip)}</title></circle>");

    public void Rectangle(double x, double y, double w, double h, string style, string tip = "", double? opacity = null)
    {
        var strength = opacity is { } o ? $" fill-opacity=\"{Math.Round(o, 3).ToString(CultureInfo.InvariantCulture)}\"" : "";
        _body.Append($"<rect class=\"{style}\" x=\"{N(x)}\" y=\"{N(y)}\" width=\"{N(Math.Max(0, w))}\" height=\"{N(h)}\"{strength}>");
        if (tip.Length > 0) { _body.Append($"<title>{Encode(tip)}</title>"); }
        _body.Append("</rect>");
    }

    /// <param name="anchor">start, middle or end.</param>
    public void Text(double x, double y, string text, string style = "tick", string anchor = "start", int rotate = 0)
    {
        var turn = rotate == 0 ? "" : $" transform=\"rotate({rotate} {N(x)} {N(y)})\"";
        _body.Append($"<text class=\"{style}\" x=\"{N(x)}\" y=\"{N(y)}\" text-anchor=\"{anchor}\"{turn}>{Encode(text)}</text>");
    }

    public override string ToString() =>
        $"<svg viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{Encode(label)}\" preserveAspectRatio=\"xMidYMid meet\">{_body}</svg>";
}
