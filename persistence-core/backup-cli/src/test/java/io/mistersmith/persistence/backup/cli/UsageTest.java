package io.mistersmith.persistence.backup.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the command line says of wrong arguments, and of a target without backups. No server. */
class UsageTest {

  @TempDir Path directory;

  private String[] on(String... arguments) {
    String[] all = new String[arguments.length + 2];
    System.arraycopy(arguments, 0, all, 0, arguments.length);
    all[arguments.length] = "--target";
    all[arguments.length + 1] = directory.resolve("target").toString();
    return all;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "backup",
        "list",
        "verify",
        "restore",
        "pitr-plan",
        "readiness",
        "drill",
        "prune",
        "archive-wal",
        "restore-wal"
      })
  void eachCommandExplainsItself(String command) {
    CliRun help = CliRun.of(command, "--help");
    assertThat(help.exitCode()).isZero();
    assertThat(help.out()).contains("--target", "--json", "--properties");
  }

  @Test
  void theProgramListsItsExitCodes() {
    assertThat(CliRun.of("--help").out()).contains("Exit codes:", "5", "cannot be reached");
  }

  @Test
  void anEmptyTargetHasNoBackups() {
    CliRun list = CliRun.of(on("list"));
    assertThat(list.exitCode()).as(list.err()).isZero();
    assertThat(list.out()).contains("There is no backup.");
    assertThat(CliRun.of(on("list", "--max-age", "26")).exitCode()).isEqualTo(ExitCode.FINDINGS);
  }

  @Test
  void aBackupThatDoesNotExistIsAnErrorAlsoAsJson() throws IOException {
    CliRun verify = CliRun.of(on("verify", "20261201T021500Z-cross-system", "--json"));
    assertThat(verify.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(verify.err()).contains("20261201T021500Z-cross-system");
    JsonNode error = new JsonMapper().readTree(verify.out()).path("error");
    assertThat(error.path("kind").asText()).isEqualTo("NOT_FOUND");
    assertThat(error.path("retryable").asBoolean(true)).isFalse();

    assertThat(CliRun.of(on("verify", "yesterday")).exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(CliRun.of(on("verify")).err()).contains("make one with the command backup");
  }

  @Test
  void wrongArgumentsAreRefused() {
    assertThat(CliRun.of("list", "--target", "ftp://host/place").exitCode())
        .isEqualTo(ExitCode.USAGE);
    CliRun kind = CliRun.of(on("backup", "hourly"));
    assertThat(kind.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(kind.err()).contains("hourly", "cross-system");
    CliRun targets =
        CliRun.of(on("pitr-plan", "--to-restore-point", "a", "--before-transaction", "9"));
    assertThat(targets.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(targets.err()).contains("give one of");
  }

  @Test
  void aFileHasSettingsAndNoUnknownOnes() throws IOException {
    Path file = directory.resolve("backup.properties");
    Files.writeString(file, "BACKUP_TARGET=" + directory.resolve("other") + "\n");
    assertThat(CliRun.of("list", "--properties", file.toString()).exitCode()).isZero();
    Files.writeString(file, "BACKUP_TARGTE=/var/backups\n");
    CliRun wrong = CliRun.of("list", "--properties", file.toString());
    assertThat(wrong.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(wrong.err()).contains("BACKUP_TARGTE");
  }

  @Test
  void theEnvironmentPrecedesTheFileAndBothTheDefault() {
    Properties file = new Properties();
    file.setProperty("BACKUP_RATE_MB", "50");
    file.setProperty("BACKUP_KEEP_DAYS", "7");
    BackupSettings settings = new BackupSettings(Map.of("BACKUP_RATE_MB", "20"), file);
    assertThat(settings.number(BackupSetting.BACKUP_RATE_MB, 1, 100)).isEqualTo(20);
    assertThat(settings.number(BackupSetting.BACKUP_KEEP_DAYS, 1, 100)).isEqualTo(7);
    assertThat(settings.number(BackupSetting.BACKUP_KEEP_WEEKS, 1, 100)).isEqualTo(12);
    assertThat(settings.find(BackupSetting.BACKUP_TARGET)).isEmpty();
  }

  @Test
  void aSegmentOfTheWalThatIsNotArchivedIsNotFound() {
    CliRun run =
        CliRun.of(
            on("restore-wal", "000000010000000000000001", directory.resolve("segment").toString()));
    assertThat(run.exitCode()).as(run.err()).isEqualTo(ExitCode.FINDINGS);
    assertThat(directory.resolve("segment")).doesNotExist();
    assertThat(CliRun.of("restore-wal", "000000010000000000000001").exitCode()).isEqualTo(126);
    assertThat(CliRun.of(on("restore-wal", "no-segment", "to")).exitCode()).isEqualTo(126);
  }
}
