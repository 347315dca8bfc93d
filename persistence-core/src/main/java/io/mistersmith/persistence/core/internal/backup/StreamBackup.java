package io.mistersmith.persistence.core.internal.backup;

import io.mistersmith.persistence.backup.BackupManifest.Contents;
import io.mistersmith.persistence.backup.BackupManifest.StreamPart;

/** Saves and restores streams of NATS. */
public interface StreamBackup {

  /** Saves a stream as it is when this is called, or a moment later. */
  StreamPart snapshot(String stream, BackupWriter writer);

  /** Restores a stream, with its sequences and times. Refuses one that exists. */
  void restore(StreamPart part, BackupReader reader);

  /** Reads a stream message by message, up to a sequence. */
  Contents contents(String stream, long upTo);
}
