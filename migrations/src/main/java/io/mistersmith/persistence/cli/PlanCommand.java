package io.mistersmith.persistence.cli;

import io.mistersmith.persistence.migration.model.ScriptId;
import io.mistersmith.persistence.migration.report.Finding;
import io.mistersmith.persistence.migration.report.PlannedMigration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "plan",
    description = {
      "Shows what apply would do: order, kind, the locks that each script takes on tables that it"
          + " did not make, the risk for those who use them, how long it may take as far as the"
          + " history can tell, and whether it can be rolled back. Changes nothing."
    })
final class PlanCommand extends DatabaseCommand {
  @SuppressWarnings("NullAway.Init") // picocli sets it
  @Option(
      names = "--to",
      paramLabel = "V",
      description = "The version to go to, written SET:V for one of another set than the core.")
  private Optional<String> to;

  @Option(names = "--check", description = "Exit with 3 when something is pending.")
  private boolean check;

  @Override
  public Integer call() {
    Optional<ScriptId> target = to.map(scripts::version);
    List<PlannedMigration> planned = runner().forecast(target);
    List<String> lines = new ArrayList<>();
    planned.forEach(p -> lines.addAll(lines(p)));
    lines.add(planned.isEmpty() ? "Nothing is pending." : planned.size() + " pending.");
    output.print(lines, "pending", planned.stream().map(PlanCommand::object).toList());
    return check && !planned.isEmpty() ? ExitCode.ACTION_NEEDED : ExitCode.OK;
  }

  private static List<String> lines(PlannedMigration planned) {
    List<String> lines = new ArrayList<>();
    lines.add(
        "%s  [%s%s, risk %s, %s, %s]"
            .formatted(
                planned.migration(),
                planned.migration().kind(),
                planned.migration().transactional() ? "" : ", no transaction",
                risk(planned),
                planned.estimate().map(d -> "about " + d.toMillis() + " ms").orElse("never timed"),
                planned.canBeRolledBack() ? "can be rolled back" : "NO WAY BACK"));
    planned.locks().forEach((table, lock) -> lines.add("    locks " + table + ": " + lock));
    planned.migration().verifyBefore().forEach(query -> lines.add("    verify before: " + query));
    planned.migration().verifyAfter().forEach(query -> lines.add("    verify after: " + query));
    planned.findings().forEach(finding -> lines.add("    lint " + finding));
    return lines;
  }

  private static Object object(PlannedMigration planned) {
    return OutputOptions.object(
        "set", planned.migration().set(),
        "version", planned.migration().version(),
        "file", planned.migration().fileName(),
        "kind", planned.migration().kind(),
        "transactional", planned.migration().transactional(),
        "dependsOn", planned.migration().dependsOn(),
        "verifyBefore", planned.migration().verifyBefore(),
        "verifyAfter", planned.migration().verifyAfter(),
        "locks", planned.locks(),
        "risk", risk(planned),
        "estimateMillis", planned.estimate(),
        "canBeRolledBack", planned.canBeRolledBack(),
        "findings", planned.findings().stream().map(Finding::toString).toList());
  }

  private static String risk(PlannedMigration planned) {
    return planned.risk().name().toLowerCase(Locale.ROOT);
  }
}
