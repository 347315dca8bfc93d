package io.mistersmith.persistence.backup.cli;

import io.mistersmith.persistence.backup.BackupTarget;
import io.mistersmith.persistence.core.internal.backup.WalArchive;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
    name = "archive-wal",
    description = {
      "Stores a file of the WAL; durable when it exits with 0. For PostgreSQL:",
      "archive_command = 'java -jar backup-cli.jar archive-wal --target PLACE %%f %%p'"
    })
final class ArchiveWalCommand implements Callable<Integer> {
  @Mixin private final InstallationOptions installation = new InstallationOptions();

  @Mixin private final OutputOptions output = new OutputOptions();

  @Parameters(index = "0", paramLabel = "NAME", description = "The name of the file: %%f.")
  private String name = "";

  @Parameters(index = "1", paramLabel = "PATH", description = "Where it is: %%p.")
  private Path path = Path.of("");

  @Override
  public Integer call() {
    try (BackupTarget target = installation.place()) {
      new WalArchive(target, installation.encryption()).store(name, path);
    }
    output.print(List.of(), "stored", name);
    return ExitCode.OK;
  }
}
