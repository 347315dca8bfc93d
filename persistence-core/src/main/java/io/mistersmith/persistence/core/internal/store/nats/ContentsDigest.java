package io.mistersmith.persistence.core.internal.store.nats;

import io.mistersmith.persistence.backup.BackupManifest.Contents;
import io.mistersmith.persistence.core.internal.base.Digests;
import java.security.MessageDigest;
import java.util.HexFormat;

/** Adds up what a stream holds. Used by one thread. */
final class ContentsDigest {

  private final MessageDigest digest = Digests.sha256();
  private long messages;

  void add(StreamMessage message) {
    message.addTo(digest);
    messages++;
  }

  /** Returns what was added; nothing can be added afterwards. */
  Contents upTo(long sequence) {
    return new Contents(sequence, messages, HexFormat.of().formatHex(digest.digest()));
  }
}
