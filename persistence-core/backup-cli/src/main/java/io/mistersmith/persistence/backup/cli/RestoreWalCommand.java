package io.mistersmith.persistence.backup.cli;

import io.mistersmith.persistence.backup.BackupTarget;
import io.mistersmith.persistence.core.internal.backup.WalArchive;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** A failure of any kind must stop the recovery: PostgreSQL would take other codes for its end. */
@Command(
    name = "restore-wal",
    exitCodeOnInvalidInput = WalArchive.STOP_RECOVERY,
    exitCodeOnExecutionException = WalArchive.STOP_RECOVERY,
    description = {
      "Brings a file of the WAL back. Exits with 3 when the archive has none, and with 126, which"
          + " makes PostgreSQL stop the recovery, when it cannot be read. For PostgreSQL:",
      "restore_command = 'java -jar backup-cli.jar restore-wal --target PLACE %%f %%p'"
    })
final class RestoreWalCommand implements Callable<Integer> {
  @SuppressWarnings("NullAway.Init") // picocli sets it
  @Spec
  private CommandSpec command;

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
      found = new WalArchive(target, installation.encryption()).fetch(name, path);
    } catch (ParameterException e) {
      throw e;
    } catch (RuntimeException e) {
      PrintWriter err = command.commandLine().getErr();
      err.println("error: " + e.getMessage());
      err.flush();
      return WalArchive.STOP_RECOVERY;
    }
    output.print(List.of(), "name", name, "found", found);
    return found ? ExitCode.OK : ExitCode.FINDINGS;
  }
}
