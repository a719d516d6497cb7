namespace HsStream.Training.Evaluation.Reports;

/// <summary>How the page looks, by day and by night.</summary>
internal static class HtmlStyle
{
    public const string Sheet = """
        :root {
          color-scheme: light dark;
          --page: #fbfbf9; --card: #ffffff; --ink: #1c2024; --soft: #5d6670; --rule: #e3e5e8; --track: #eef0f2;
          --a: #1f6feb; --b: #c2410c; --c: #8a939c; --right: #1f6feb; --wrong: #c2410c;
          --level6: #174ea6; --level4: #6ea1f0; --level2: #c3d9fb; --strong: #ffffff;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --page: #15181c; --card: #1d2126; --ink: #e7eaee; --soft: #9ba5b0; --rule: #31373e; --track: #272c33;
            --a: #6aa5ff; --b: #ff9b5e; --c: #7d8792; --right: #4c8dee; --wrong: #ee7f3f;
            --level6: #7fb1ff; --level4: #3f72bd; --level2: #2b4468; --strong: #ffffff;
          }
        }
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif; }
        main { max-width: 1120px; margin: 0 auto; padding: 40px 24px 72px; }
        h1 { font-size: 30px; line-height: 1.2; letter-spacing: -0.01em; margin: 0 0 12px; }
        h2 { font-size: 20px; margin: 0 0 6px; }
        h3 { font-size: 14px; font-weight: 600; margin: 14px 0 6px; }
        p { margin: 0 0 10px; max-width: 84ch; color: var(--soft); }
        dl { display: grid; grid-template-columns: max-content 1fr; gap: 4px 20px; margin: 0; font-size: 14.5px; }
        dt { font-weight: 600; } dd { margin: 0; color: var(--soft); overflow-wrap: anywhere; }
        code { font: 13px/1.4 ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; background: var(--track); border-radius: 4px; padding: 1px 5px; color: var(--ink); }
        section { background: var(--card); border: 1px solid var(--rule); border-radius: 10px; padding: 22px 24px; margin-top: 20px; }
        .tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(220px, 1fr)); gap: 12px; margin-top: 26px; }
        .tiles div { background: var(--card); border: 1px solid var(--rule); border-radius: 10px; padding: 14px 18px; }
        .tiles h3 { margin: 0; color: var(--soft); font-weight: 500; }
        .tiles b { display: block; font-size: 30px; line-height: 1.25; font-weight: 650; font-variant-numeric: tabular-nums; letter-spacing: -0.01em; }
        .tiles span { color: var(--soft); font-size: 13px; font-variant-numeric: tabular-nums; }
        .under { margin: 8px 2px 0; font-size: 13px; }
        .scroll { overflow-x: auto; }
        table { border-collapse: collapse; width: 100%; font-size: 13.5px; font-variant-numeric: tabular-nums; }
        th { text-align: left; font-weight: 600; color: var(--soft); vertical-align: bottom; border-bottom: 1px solid var(--rule); padding: 6px 9px; line-height: 1.25; }
        td { border-bottom: 1px solid var(--rule); padding: 6px 9px; }
        th:first-child, td:first-child { padding-left: 0; }
        th:last-child, td:last-child { padding-right: 0; }
        #cost table, #reasons table { width: auto; min-width: min(560px, 100%); }
        tbody tr:last-child td { border-bottom: 0; }
        .n { text-align: right; white-space: nowrap; }
        th.n { white-space: normal; }
        td.bar { width: 220px; min-width: 150px; } td.bar svg { width: 100%; height: 14px; display: block; }
        #chapters td:nth-child(2) { min-width: 220px; line-height: 1.3; }
        figure { margin: 0; }
        figure svg { width: 100%; height: auto; display: block; }
        figcaption { color: var(--soft); font-size: 13px; margin-top: 4px; }
        .pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(380px, 1fr)); gap: 24px; }
        .wide { overflow-x: auto; } .wide svg { min-width: 800px; }
        .legend { display: flex; max-width: none; flex-wrap: wrap; gap: 4px 20px; font-size: 13px; margin: 6px 0 8px; }
        .legend i { display: inline-block; width: 14px; height: 10px; border-radius: 2px; margin-right: 7px; }
        .legend i.a { background: var(--a); } .legend i.b { background: var(--b); } .legend i.c { background: var(--c); }
        .legend i.ring { background: none; border: 2.5px solid var(--b); border-radius: 50%; width: 12px; height: 12px; vertical-align: -2px; }
        .legend i.level6 { background: var(--level6); } .legend i.level4 { background: var(--level4); } .legend i.level2 { background: var(--level2); }
        svg text { fill: var(--soft); font: 12px system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif; font-variant-numeric: tabular-nums; }
        svg .label { font-size: 12.5px; fill: var(--ink); }
        svg .name { fill: var(--ink); } svg .cell { font-size: 11px; fill: var(--ink); } svg .strong { fill: var(--strong); }
        .grid { stroke: var(--rule); stroke-width: 1; } .axis { stroke: var(--c); stroke-width: 1; }
        .ideal { stroke: var(--c); stroke-width: 1.5; stroke-dasharray: 5 4; fill: none; }
        .curve { fill: none; stroke-width: 2.25; stroke-linejoin: round; }
        .curve.a { stroke: var(--a); } .curve.b { stroke: var(--b); } .curve.c { stroke: var(--c); stroke-dasharray: 2 3; }
        .dot.a { fill: var(--a); } .dot.b { fill: var(--b); } .dot.c { fill: var(--c); }
        .dot.ring { fill: var(--card); stroke: var(--b); stroke-width: 3; }
        .track { fill: var(--track); } .level6 { fill: var(--level6); } .level4 { fill: var(--level4); } .level2 { fill: var(--level2); }
        .heat.right { fill: var(--right); } .heat.wrong { fill: var(--wrong); }
        @media print { body { background: #fff; } section { break-inside: avoid-page; } }
        """;
}
