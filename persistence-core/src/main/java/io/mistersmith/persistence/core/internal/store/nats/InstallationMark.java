package io.mistersmith.persistence.core.internal.store.nats;

import io.nats.client.api.StreamConfiguration;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads and writes the mark by which a stream names its installation: in its metadata, or at the
 * end of its description on servers before 2.10, which keep no metadata. A server that was upgraded
 * keeps the description.
 */
final class InstallationMark {

  /** The entry of the metadata. */
  static final String METADATA = "io.mistersmith.persistence.installation";

  private static final Pattern IN_DESCRIPTION =
      Pattern.compile(" ?\\[installation ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})]$");

  private InstallationMark() {}

  /** Returns the installation whose bucket it is; empty when the stream does not say. */
  static Optional<UUID> of(StreamConfiguration stream) {
    return of(stream.getMetadata(), stream.getDescription());
  }

  /** {@link #of(StreamConfiguration)} of what its configuration holds. */
  static Optional<UUID> of(@Nullable Map<String, String> metadata, @Nullable String description) {
    String id = metadata == null ? null : metadata.get(METADATA);
    if (id != null) {
      return parse(id);
    }
    Matcher mark = IN_DESCRIPTION.matcher(Objects.requireNonNullElse(description, ""));
    return mark.find() ? parse(mark.group(1)) : Optional.empty();
  }

  private static Optional<UUID> parse(String id) {
    try {
      return Optional.of(UUID.fromString(id));
    } catch (IllegalArgumentException e) {
      return Optional.empty(); // a text of other origin names no installation
    }
  }

  /** Returns the description without a mark, this one and that of a restore. */
  static String plain(@Nullable String description) {
    return RestoreMark.plain(
        IN_DESCRIPTION.matcher(Objects.requireNonNullElse(description, "")).replaceFirst(""));
  }

  /** Returns the description with a mark. */
  static String marked(@Nullable String description, UUID installation) {
    String plain = plain(description);
    return (plain.isEmpty() ? "" : plain + " ") + "[installation " + installation + "]";
  }

  /** Marks a stream that is to be made. */
  static void write(
      StreamConfiguration.Builder stream,
      @Nullable String description,
      UUID installation,
      ServerCapabilities server) {
    if (server.streamMetadata()) {
      stream.metadata(new HashMap<>(Map.of(METADATA, installation.toString())));
    } else {
      stream.description(marked(description, installation));
    }
  }

  /** Returns the command by which an operator marks a stream. */
  static String command(String stream, UUID installation, ServerCapabilities server) {
    return server.streamMetadata()
        ? "nats stream edit " + stream + " --metadata " + METADATA + "=" + installation
        : "nats stream edit " + stream + " --description '" + marked("", installation) + "'";
  }
}
