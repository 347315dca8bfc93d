package io.mistersmith.persistence.backup.cli;

import io.mistersmith.persistence.backup.Backups;
import io.mistersmith.persistence.backup.Verification;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "verify",
    description = {
      "Reads every byte of a backup and names each damage. Needs no store and no key. Exits with 3"
          + " when a backup is damaged."
    })
final class VerifyCommand extends BackupsCommand {
  @SuppressWarnings("NullAway.Init") // picocli sets it
  @Parameters(
      arity = "0..1",
      paramLabel = "ID",
      description = "The backup; the newest whole one when none is named.")
  private Optional<String> id;

  @Option(names = "--all", description = "Verify every backup of the target, unfinished ones too.")
  private boolean all;

  @Override
  int run(Backups backups) {
    List<String> ids =
        all
            ? backups.list().stream().map(Backups.Entry::id).toList()
            : List.of(chosen(backups, id));
    List<Verification> found =
        ids.stream().map(one -> backups.verify(one, output.progress())).toList();
    List<String> lines = new ArrayList<>();
    for (Verification verification : found) {
      verification
          .findings()
          .forEach(
              finding ->
                  lines.add(
                      "%s  %s: %s".formatted(finding.damage(), finding.path(), finding.detail())));
      lines.add(
          "%s %s: %d files, %s read in %d ms."
              .formatted(
                  verification.id(),
                  verification.passed() ? "is whole" : "is DAMAGED",
                  verification.files(),
                  ProgressLines.megabytes(verification.bytes()),
                  verification.took().toMillis()));
    }
    boolean passed = found.stream().allMatch(Verification::passed);
    output.print(lines, "passed", passed, "verifications", found);
    return passed ? ExitCode.OK : ExitCode.FINDINGS;
  }
}
