package io.mistersmith.persistence.core.internal.backup;

import io.mistersmith.persistence.backup.BackupManifest;
import io.mistersmith.persistence.backup.BackupManifest.StoredFile;
import io.mistersmith.persistence.backup.BackupManifest.StreamPart;
import io.mistersmith.persistence.backup.BackupTarget;
import io.mistersmith.persistence.backup.BackupTarget.Stored;
import io.mistersmith.persistence.backup.Verification;
import io.mistersmith.persistence.backup.Verification.Damage;
import io.mistersmith.persistence.backup.Verification.Finding;
import io.mistersmith.persistence.core.internal.base.Digests;
import io.mistersmith.persistence.core.internal.base.Ticker;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/** Reads every byte of one backup, and names what is damaged. Needs no key. Used by one thread. */
final class BackupVerification {

  private static final int BUFFER = 256 * 1024;

  private final BackupTarget target;
  private final WalArchive archive;
  private final ProgressMeter progress;
  private final Ticker ticker;
  private final List<Finding> findings = new ArrayList<>();
  private long files;
  private long bytes;

  BackupVerification(
      BackupTarget target, WalArchive archive, ProgressMeter progress, Ticker ticker) {
    this.target = target;
    this.archive = archive;
    this.progress = progress;
    this.ticker = ticker;
  }

  Verification verify(String id) {
    long began = ticker.nanos();
    manifest(id).ifPresent(this::contents);
    Duration took = Duration.ofNanos(ticker.nanos() - began);
    return new Verification(id, files, bytes, took, findings);
  }

  private void add(String path, Damage damage, String detail) {
    findings.add(new Finding(path, damage, detail));
  }

  private Optional<BackupManifest> manifest(String id) {
    String path = BackupPaths.manifest(id);
    Optional<Stored> stored = target.find(path);
    if (stored.isEmpty()) {
      if (target.list(BackupPaths.directory(id)).isEmpty()) {
        throw new NonTransientPersistenceException(DataError.NOT_FOUND, "there is no backup " + id);
      }
      add(path, Damage.UNFINISHED, "There is no manifest: the backup was cut off. Remove it.");
      return Optional.empty();
    }
    files++;
    bytes += stored.get().size();
    try {
      BackupManifest manifest = ManifestCodec.decode(read(path), path);
      if (manifest.id().equals(id)) {
        return Optional.of(manifest);
      }
      add(path, Damage.FOREIGN_MANIFEST, "It is the manifest of backup " + manifest.id() + ".");
    } catch (NonTransientPersistenceException e) {
      if (e.error() != DataError.DATA_CORRUPTION) {
        throw e;
      }
      add(path, Damage.MANIFEST_DAMAGED, e.getMessage() + ". Use another backup.");
    }
    return Optional.empty();
  }

  private byte[] read(String path) {
    try (InputStream in = target.get(path, 0)) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw unread(path, e);
    }
  }

  private void contents(BackupManifest manifest) {
    progress.begin("verify " + manifest.id(), manifest.size());
    manifest.files().forEach(this::file);
    progress.end();
    wal(manifest);
    for (StreamPart part : manifest.streams()) {
      String path = BackupPaths.manifest(manifest.id());
      Streams.gap(part, manifest.positions()).ifPresent(gap -> add(path, Damage.GAP, gap));
      Streams.lack(part).ifPresent(lack -> add(path, Damage.MESSAGES_MISSING, lack));
    }
  }

  private void file(StoredFile file) {
    Optional<Stored> stored = target.find(file.path());
    if (stored.isEmpty()) {
      add(file.path(), Damage.MISSING, "The file does not exist.");
      return;
    }
    files++;
    if (stored.get().size() != file.size()) {
      bytes += stored.get().size();
      add(
          file.path(),
          Damage.WRONG_SIZE,
          "It has " + stored.get().size() + " bytes instead of " + file.size() + ".");
      return;
    }
    String found = digest(file.path());
    if (!found.equals(file.sha256())) {
      add(
          file.path(),
          Damage.CHANGED,
          "Its SHA-256 is " + found + " instead of " + file.sha256() + ".");
    }
  }

  private String digest(String path) {
    MessageDigest digest = Digests.sha256();
    byte[] buffer = new byte[BUFFER];
    try (InputStream in = target.get(path, 0)) {
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        digest.update(buffer, 0, read);
        bytes += read;
        progress.add(read);
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (IOException e) {
      throw unread(path, e);
    }
  }

  /** A recovery beyond the base backup needs the archive, and a consistent one its begin. */
  private void wal(BackupManifest manifest) {
    if (manifest.postgres().base().isEmpty() || manifest.postgres().wal().isEmpty()) {
      return;
    }
    WalChain chain =
        WalChain.of(
            manifest.postgres().base().get(),
            manifest.postgres().wal().get().segmentSize(),
            archive.segments(),
            archive.histories());
    String last = manifest.postgres().wal().get().last();
    for (String name : chain.present()) {
      if (name.compareTo(last) <= 0) {
        archive
            .damage(name)
            .ifPresent(damage -> add(new WalFileName(name).path(), Damage.CHANGED, damage));
      }
    }
    for (WalChain.Gap gap : chain.gaps()) {
      add(
          new WalFileName(gap.first()).path(),
          Damage.WAL_MISSING,
          "The archive lacks "
              + gap
              + ": a recovery ends before it. Take another base backup, or store them.");
    }
  }

  private static TransientPersistenceException unread(String path, IOException failure) {
    return new TransientPersistenceException(
        DataError.CONNECTION_FAILED, path + " was not read: " + failure.getMessage(), failure);
  }
}
