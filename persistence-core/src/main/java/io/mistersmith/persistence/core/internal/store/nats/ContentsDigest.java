package io.mistersmith.persistence.core.internal.store.nats;

import io.mistersmith.persistence.backup.BackupManifest.Contents;
import io.mistersmith.persistence.core.internal.base.Digests;
import java.security.MessageDigest;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;

/** Adds up what a stream holds. Used by one thread. */
final class ContentsDigest {

  private static final int MOST_SUBJECTS = 100_000;

  private final MessageDigest digest = Digests.sha256();
  private final Map<String, Long> last = new HashMap<>();
  private boolean tooMany;
  private long messages;

  void add(StreamMessage message) {
    message.addTo(digest);
    messages++;
    if (!tooMany) {
      last.put(message.subject(), message.sequence());
      if (last.size() > MOST_SUBJECTS) {
        tooMany = true;
        last.clear();
      }
    }
  }

  /** Returns what was added; nothing can be added afterwards. */
  Contents upTo(long sequence) {
    return new Contents(sequence, messages, HexFormat.of().formatHex(digest.digest()), last);
  }
}
