package io.mistersmith.persistence.core.internal.backup;

import io.mistersmith.persistence.backup.BackupManifest.Contents;
import io.mistersmith.persistence.backup.BackupManifest.Position;
import io.mistersmith.persistence.backup.BackupManifest.StreamPart;
import java.util.List;
import java.util.Optional;

/** What must hold of the streams of a backup. */
final class Streams {

  private static final String BUCKET = "KV_";

  private Streams() {}

  /** Returns the bucket whose stream this is; empty for another stream. */
  static Optional<String> bucket(String stream) {
    return stream.startsWith(BUCKET)
        ? Optional.of(stream.substring(BUCKET.length()))
        : Optional.empty();
  }

  /** Returns whether a stream was saved message by message, where no snapshot can be made. */
  static boolean isCopied(StreamPart part) {
    return part.files().stream().anyMatch(file -> file.path().endsWith("/messages"));
  }

  /** Returns how far PostgreSQL had applied a stream; empty where it applies none of it. */
  static Optional<Position> position(String stream, List<Position> positions) {
    return positions.stream()
        .filter(position -> stream.equals(BUCKET + position.bucket()))
        .findFirst();
  }

  /** Returns what is wrong where a stream ends before what PostgreSQL has applied. */
  static Optional<String> gap(StreamPart part, List<Position> positions) {
    return position(part.stream(), positions)
        .filter(position -> part.lastSequence() < position.atMost())
        .map(
            position ->
                "the snapshot of "
                    + part.stream()
                    + " ends at sequence "
                    + part.lastSequence()
                    + ", and PostgreSQL had applied up to "
                    + position.atMost()
                    + ": take another backup");
  }

  /** Returns what is wrong where a snapshot lacks messages that were read beside it. */
  static Optional<String> lack(StreamPart part) {
    Optional<Contents> contents = part.contents();
    if (contents.isEmpty() || contents.get().messages() <= part.messages()) {
      return Optional.empty();
    }
    return Optional.of(
        "the snapshot of "
            + part.stream()
            + " has "
            + part.messages()
            + " messages, and the stream still had "
            + contents.get().messages()
            + " of them afterwards: take another backup");
  }
}
