package io.mistersmith.persistence.core.internal.backup;

import io.mistersmith.persistence.backup.BackupManifest;
import io.mistersmith.persistence.backup.BackupManifest.StreamPart;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Manifests with a checksum that fits, and a content that does not. */
public final class ForgedManifest {

  private ForgedManifest() {}

  /** Rewrites a manifest as if each snapshot had a message less than the stream held. */
  public static void lackingMessages(Path file) throws IOException {
    BackupManifest made = ManifestCodec.decode(Files.readAllBytes(file), file.toString());
    List<StreamPart> streams = made.streams().stream().map(ForgedManifest::lacking).toList();
    Files.write(
        file,
        ManifestCodec.encode(
            new BackupManifest(
                made.format(),
                made.id(),
                made.kind(),
                made.startedAt(),
                made.completedAt(),
                made.installation(),
                made.versions(),
                made.keys(),
                made.postgres(),
                made.positions(),
                streams)));
  }

  private static StreamPart lacking(StreamPart part) {
    long held = part.contents().orElseThrow().messages();
    return new StreamPart(
        part.stream(),
        part.config(),
        part.state(),
        part.created(),
        part.firstSequence(),
        part.lastSequence(),
        Math.max(0, held - 1),
        part.bytes(),
        part.files(),
        part.contents());
  }
}
