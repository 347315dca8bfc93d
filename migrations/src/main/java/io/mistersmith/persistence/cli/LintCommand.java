package io.mistersmith.persistence.cli;

import io.mistersmith.persistence.migration.MigrationRunner;
import io.mistersmith.persistence.migration.report.Finding;
import io.mistersmith.persistence.migration.report.Finding.Severity;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.postgresql.ds.PGSimpleDataSource;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "lint",
    description = {
      "Finds dangerous changes in scripts, without a database. A script is exempt from a rule by a"
          + " line '-- lint: allow RULE — the reason' at its head. Exits with 3 on an error."
    })
final class LintCommand implements Callable<Integer> {
  @Mixin final ScriptOptions scripts = new ScriptOptions();

  @Mixin final OutputOptions output = new OutputOptions();

  @Option(names = "--strict", description = "Exit with 3 on a warning too.")
  private boolean strict;

  @Override
  public Integer call() {
    // No database is asked: the runner only has to have one.
    MigrationRunner runner =
        scripts.into(MigrationRunner.builder().dataSource(new PGSimpleDataSource())).build();
    List<Finding> findings = runner.lint();
    List<String> lines = new ArrayList<>(findings.stream().map(Finding::toString).toList());
    lines.add(findings.isEmpty() ? "Nothing found." : findings.size() + " found.");
    output.print(lines, "findings", findings.stream().map(LintCommand::object).toList());
    boolean bad = findings.stream().anyMatch(f -> strict || f.severity() == Severity.ERROR);
    return bad ? ExitCode.ACTION_NEEDED : ExitCode.OK;
  }

  private static Object object(Finding finding) {
    return OutputOptions.object(
        "rule", finding.rule(),
        "severity", finding.severity().name().toLowerCase(Locale.ROOT),
        "file", finding.fileName(),
        "line", finding.line(),
        "message", finding.message(),
        "fix", finding.fix());
  }
}
