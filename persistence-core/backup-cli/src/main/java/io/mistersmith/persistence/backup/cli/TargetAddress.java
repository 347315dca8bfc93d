package io.mistersmith.persistence.backup.cli;

import io.mistersmith.persistence.backup.BackupTarget;
import io.mistersmith.persistence.core.backup.DirectoryTarget;
import io.mistersmith.persistence.core.backup.S3Target;
import java.net.URI;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A place for backups as text: a directory, or {@code s3://BUCKET/PREFIX}. */
final class TargetAddress {

  private static final Pattern S3 = Pattern.compile("s3://(?<bucket>[^/]+)(/(?<prefix>.*))?");

  private TargetAddress() {}

  /**
   * Opens the place.
   *
   * @throws IllegalArgumentException when the text names none
   */
  static BackupTarget open(String address, BackupSettings settings) {
    if (address.startsWith("s3:")) {
      return bucket(address, settings);
    }
    if (address.matches("[a-z][a-z0-9+]+://.*")) {
      throw new IllegalArgumentException(
          "the target " + address + " is neither a directory nor s3://BUCKET/PREFIX");
    }
    return new DirectoryTarget(Path.of(address).toAbsolutePath());
  }

  private static BackupTarget bucket(String address, BackupSettings settings) {
    Matcher parts = S3.matcher(address);
    if (!parts.matches()) {
      throw new IllegalArgumentException(
          "the target " + address + " names no bucket; give s3://BUCKET/PREFIX");
    }
    S3Target.Builder target =
        S3Target.builder(parts.group("bucket"))
            .region(settings.find(BackupSetting.BACKUP_S3_REGION).orElse(""));
    String prefix = parts.group("prefix");
    if (prefix != null && !prefix.isEmpty()) {
      target.prefix(prefix.endsWith("/") ? prefix : prefix + "/");
    }
    settings
        .find(BackupSetting.BACKUP_S3_ENDPOINT)
        .ifPresent(endpoint -> target.endpoint(URI.create(endpoint)));
    settings.find(BackupSetting.BACKUP_S3_STORAGE_CLASS).ifPresent(target::storageClass);
    return target.build();
  }
}
