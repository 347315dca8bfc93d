package io.mistersmith.persistence.core.internal.backup;

import io.mistersmith.persistence.backup.BackupManifest;
import io.mistersmith.persistence.core.internal.base.Digests;
import io.mistersmith.persistence.core.internal.codec.Json;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.state.JsonCodec;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Manifests as JSON, with a checksum of their own as the last member. */
final class ManifestCodec {

  private static final JsonCodec<BackupManifest> CODEC = Json.mapping(BackupManifest.class);
  private static final Pattern CHECKSUM = Pattern.compile(",\"sha256\":\"([0-9a-f]{64})\"}\\s*$");

  private ManifestCodec() {}

  static byte[] encode(BackupManifest manifest) {
    String json = new String(CODEC.encode(manifest), StandardCharsets.UTF_8);
    String checksum = Digests.sha256Hex(json.getBytes(StandardCharsets.UTF_8));
    String whole = json.substring(0, json.length() - 1) + ",\"sha256\":\"" + checksum + "\"}";
    return whole.getBytes(StandardCharsets.UTF_8);
  }

  /**
   * Reads a manifest.
   *
   * @throws NonTransientPersistenceException with {@code DATA_CORRUPTION} when it was changed, with
   *     {@code MISCONFIGURED} when a later version of this library wrote it
   */
  static BackupManifest decode(byte[] bytes, String path) {
    String whole = new String(bytes, StandardCharsets.UTF_8);
    Matcher end = CHECKSUM.matcher(whole);
    if (!end.find()) {
      throw damaged(path, "it has no checksum at its end", null);
    }
    byte[] json = (whole.substring(0, end.start()) + "}").getBytes(StandardCharsets.UTF_8);
    if (!Digests.sha256Hex(json).equals(end.group(1))) {
      throw damaged(path, "its checksum is another one", null);
    }
    BackupManifest manifest;
    try {
      manifest = CODEC.decode(json);
    } catch (PersistenceException e) {
      throw damaged(path, String.valueOf(e.getMessage()), e);
    }
    if (manifest.format() > BackupManifest.FORMAT) {
      throw new NonTransientPersistenceException(
          DataError.MISCONFIGURED,
          path
              + " has form "
              + manifest.format()
              + ", and this version reads "
              + BackupManifest.FORMAT
              + "; use the version that made the backup, or a later one");
    }
    return manifest;
  }

  private static NonTransientPersistenceException damaged(
      String path, String why, @Nullable Throwable cause) {
    return new NonTransientPersistenceException(
        DataError.DATA_CORRUPTION, path + " is damaged: " + why, cause);
  }
}
