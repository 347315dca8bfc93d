package io.mistersmith.persistence.core.internal.backup;

import io.mistersmith.persistence.backup.BackupManifest.StoredFile;
import io.mistersmith.persistence.backup.BackupTarget.Upload;
import io.mistersmith.persistence.core.internal.base.Digests;
import java.io.IOException;
import java.io.OutputStream;
import java.security.MessageDigest;
import java.util.HexFormat;

/** Uploads what is written to it, at the rate that is allowed, and digests it. */
final class TargetOutput extends OutputStream {

  private final Upload upload;
  private final RateLimit rate;
  private final ProgressMeter progress;
  private final MessageDigest digest = Digests.sha256();
  private long size;

  TargetOutput(Upload upload, RateLimit rate, ProgressMeter progress) {
    this.upload = upload;
    this.rate = rate;
    this.progress = progress;
  }

  @Override
  public void write(int value) throws IOException {
    write(new byte[] {(byte) value}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int from, int length) throws IOException {
    rate.take(length);
    upload.write(bytes, from, length);
    digest.update(bytes, from, length);
    size += length;
    progress.add(length);
  }

  /** Returns what was written, once that is all. */
  StoredFile file(String path) {
    return new StoredFile(path, size, HexFormat.of().formatHex(digest.digest()));
  }
}
