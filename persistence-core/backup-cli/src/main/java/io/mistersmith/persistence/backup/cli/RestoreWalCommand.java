package io.mistersmith.persistence.backup.cli;

import io.mistersmith.persistence.backup.BackupTarget;
import io.mistersmith.persistence.core.internal.backup.WalArchive;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
    name = "restore-wal",
    description = {
      "Brings a file of the WAL back; exits with 3 when the archive has none. For PostgreSQL:",
      "restore_command = 'java -jar backup-cli.jar restore-wal --target PLACE %%f %%p'"
    })
final class RestoreWalCommand implements Callable<Integer> {
  @Mixin private final InstallationOptions installation = new InstallationOptions();

  @Mixin private final OutputOptions output = new OutputOptions();

  @Parameters(index = "0", paramLabel = "NAME", description = "The name of the file: %%f.")
  private String name = "";

  @Parameters(index = "1", paramLabel = "PATH", description = "Where to put it: %%p.")
  private Path path = Path.of("");

  @Override
  public Integer call() {
    boolean found;
    try (BackupTarget target = installation.place()) {
      found = new WalArchive(target, Optional.empty()).fetch(name, path);
    }
    output.print(List.of(), "name", name, "found", found);
    return found ? ExitCode.OK : ExitCode.FINDINGS;
  }
}
