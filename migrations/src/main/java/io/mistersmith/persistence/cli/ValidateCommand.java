package io.mistersmith.persistence.cli;

import io.mistersmith.persistence.migration.report.ValidationReport;
import io.mistersmith.persistence.migration.report.ValidationReport.Check;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;

@Command(
    name = "validate",
    description = {
      "Compares scripts, history and catalog: checksums, gaps, versions left half-way, invalid"
          + " indexes; and gives advice on settings. Exits with 3 when something needs a repair."
    })
final class ValidateCommand extends DatabaseCommand {
  @Override
  public Integer call() {
    ValidationReport report = runner().validate();
    List<String> lines =
        report.checks().stream()
            .map(
                check ->
                    "%-7s %s%s"
                        .formatted(
                            result(check),
                            check.name(),
                            check.message().isEmpty() ? "" : ": " + check.message()))
            .toList();
    output.print(
        lines,
        "valid",
        report.isValid(),
        "checks",
        report.checks().stream().map(ValidateCommand::object).toList());
    return report.isValid() ? ExitCode.OK : ExitCode.ACTION_NEEDED;
  }

  private static Object object(Check check) {
    return OutputOptions.object(
        "name", check.name(), "result", result(check), "message", check.message());
  }

  private static String result(Check check) {
    return check.result().name().toLowerCase(Locale.ROOT);
  }
}
