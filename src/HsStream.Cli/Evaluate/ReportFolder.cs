using HsStream.Training.Evaluation;
using HsStream.Training.Evaluation.Reports;

namespace HsStream.Cli.Evaluate;

/// <summary>The folder that a report goes to; made, and tried, before the long work begins.</summary>
internal sealed class ReportFolder
{
    private readonly string _path;

    private ReportFolder(string path) => _path = path;

    /// <exception cref="OperatorException">Nothing can be written there.</exception>
    public static ReportFolder Open(string path)
    {
        try
        {
            Directory.CreateDirectory(path);
            var probe = Path.Combine(path, $".{Environment.ProcessId}.tmp");
            File.WriteAllText(probe, "");
            File.Delete(probe);
            return new ReportFolder(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new OperatorException($"cannot write to {path}: {e.Message}", e);
        }
    }

    public void Write(EvaluationReport report, TextWriter errors)
    {
        Write("evaluation.json", ReportJson.Write(report));
        Write("evaluation.md", MarkdownReport.Write(report));
        Write("report.html", HtmlReport.Write(report));

        void Write(string name, string text)
        {
            var file = Path.Combine(_path, name);
            File.WriteAllText(file, text);
            errors.WriteLine($"wrote {file}");
        }
    }
}
