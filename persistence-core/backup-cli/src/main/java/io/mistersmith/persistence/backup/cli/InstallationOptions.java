package io.mistersmith.persistence.backup.cli;

import io.mistersmith.persistence.backup.BackupConfig;
import io.mistersmith.persistence.backup.BackupTarget;
import io.mistersmith.persistence.backup.Retention;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.security.EncryptionConfig;
import io.mistersmith.persistence.security.KeyProvider;
import java.io.File;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.Properties;
import java.util.regex.Pattern;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * The stores, the place for backups and how to make them, from options, the environment or a file.
 * Passwords and keys come only from the latter two.
 */
final class InstallationOptions {

  private static final int BYTES_PER_MB = 1_000_000;

  @SuppressWarnings("NullAway.Init") // picocli sets it
  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @SuppressWarnings("NullAway.Init")
  @Option(
      names = "--target",
      paramLabel = "PLACE",
      description =
          "A directory, or s3://BUCKET/PREFIX; else BACKUP_TARGET. Keys of S3 come from"
              + " AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.")
  private Optional<String> target;

  @SuppressWarnings("NullAway.Init")
  @Option(
      names = "--properties",
      paramLabel = "FILE",
      description =
          "A properties file with the names of the environment, which precedes it: PG_*, NATS_* and"
              + " BACKUP_*; see docs/configuration.md and docs/backup.md.")
  private Optional<Path> properties;

  /** Returns what the options, the environment and the file say. */
  BackupConfig config() {
    try {
      Properties file = read(properties);
      BackupSettings settings = new BackupSettings(System.getenv(), file);
      return config(PersistenceConfig.fromEnvironment(file).build(), place(settings), settings);
    } catch (IllegalArgumentException e) {
      throw usage(String.valueOf(e.getMessage()), e);
    }
  }

  /** Returns the place for backups alone, for commands that need no store. */
  BackupTarget place() {
    try {
      return place(new BackupSettings(System.getenv(), read(properties)));
    } catch (IllegalArgumentException e) {
      throw usage(String.valueOf(e.getMessage()), e);
    }
  }

  private BackupTarget place(BackupSettings settings) {
    return target
        .or(() -> settings.find(BackupSetting.BACKUP_TARGET))
        .map(address -> TargetAddress.open(address, settings))
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "where are the backups? Give --target, or set BACKUP_TARGET, to a directory or"
                        + " s3://BUCKET/PREFIX"));
  }

  private static BackupConfig config(
      PersistenceConfig stores, BackupTarget target, BackupSettings settings) {
    BackupConfig.Builder config =
        BackupConfig.builder(stores, target)
            .bytesPerSecond(
                (long) settings.number(BackupSetting.BACKUP_RATE_MB, 2, 100_000) * BYTES_PER_MB)
            .retention(
                new Retention(
                    settings.number(BackupSetting.BACKUP_KEEP_DAYS, 1, 36_500),
                    settings.number(BackupSetting.BACKUP_KEEP_WEEKS, 0, 5_000),
                    settings.number(BackupSetting.BACKUP_KEEP_MONTHS, 0, 1_200)))
            .programs(
                settings
                    .find(BackupSetting.BACKUP_PROGRAMS)
                    .map(InstallationOptions::directories)
                    .orElse(new Path[0]));
    encryption(settings).ifPresent(config::encryption);
    return config.build();
  }

  /** Returns the keys alone, for commands that need no store. */
  Optional<EncryptionConfig> encryption() {
    try {
      return encryption(new BackupSettings(System.getenv(), read(properties)));
    } catch (IllegalArgumentException e) {
      throw usage(String.valueOf(e.getMessage()), e);
    }
  }

  private static Optional<EncryptionConfig> encryption(BackupSettings settings) {
    return settings
        .find(BackupSetting.BACKUP_MASTER_KEY)
        .map(key -> EncryptionConfig.builder(keys(settings), key).build());
  }

  private static Path[] directories(String separated) {
    return Arrays.stream(separated.split(Pattern.quote(File.pathSeparator), -1))
        .filter(path -> !path.isBlank())
        .map(Path::of)
        .toArray(Path[]::new);
  }

  /** Returns the keys in the files of a directory, or else in variables named after their ids. */
  private static KeyProvider keys(BackupSettings settings) {
    return settings
        .find(BackupSetting.BACKUP_KEYS)
        .map(directory -> KeyProvider.ofFiles(Path.of(directory)))
        .orElseGet(() -> KeyProvider.ofEnvironment("BACKUP_KEY_"));
  }

  /** Returns the stores that another file describes. */
  PersistenceConfig stores(Path file) {
    try {
      return PersistenceConfig.from(read(Optional.of(file))).build();
    } catch (IllegalArgumentException e) {
      throw usage(file + ": " + e.getMessage(), e);
    }
  }

  private static Properties read(Optional<Path> file) {
    Properties values = new Properties();
    if (file.isPresent()) {
      try (Reader in = Files.newBufferedReader(file.get())) {
        values.load(in);
      } catch (IOException e) {
        throw new IllegalArgumentException(file.get() + " cannot be read as a properties file", e);
      }
    }
    return values;
  }

  private ParameterException usage(String message, Exception cause) {
    return new ParameterException(command.commandLine(), message, cause);
  }
}
