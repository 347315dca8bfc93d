package io.mistersmith.persistence.core.internal.store.nats;

import io.nats.client.api.StreamConfiguration;
import io.nats.client.support.JsonParseException;
import io.nats.client.support.JsonParser;
import io.nats.client.support.JsonValue;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The mark of a stream that was restored from a backup: when, and from which one. The server gives
 * a restored stream the time of creation of the original, and hands out sequences a second time. So
 * the time of the restore counts as its time of creation, and every runtime begins anew with it.
 *
 * <p>It is in the metadata, or before the installation's mark in the description on servers before
 * 2.10. There it goes when the description is changed, which has one more beginning for effect.
 *
 * @param at when it was restored
 * @param backup the id of the backup
 */
record RestoreMark(Instant at, String backup) {

  private static final String METADATA = "io.mistersmith.persistence.restored";
  private static final Pattern TEXT = Pattern.compile("(\\S+) (\\S+)");
  private static final Pattern IN_DESCRIPTION = Pattern.compile(" ?\\[restored (\\S+ \\S+)]");

  /** Returns the mark of a stream; empty when it was not restored. */
  static Optional<RestoreMark> of(StreamConfiguration stream) {
    Map<String, String> metadata = Objects.requireNonNullElse(stream.getMetadata(), Map.of());
    String text = metadata.get(METADATA);
    if (text != null) {
      return parse(text);
    }
    Matcher mark = IN_DESCRIPTION.matcher(Objects.requireNonNullElse(stream.getDescription(), ""));
    return mark.find() ? parse(mark.group(1)) : Optional.empty();
  }

  private static Optional<RestoreMark> parse(String text) {
    Matcher parts = TEXT.matcher(text);
    try {
      return parts.matches()
          ? Optional.of(new RestoreMark(Instant.parse(parts.group(1)), parts.group(2)))
          : Optional.empty();
    } catch (DateTimeException e) {
      return Optional.empty(); // a text of other origin marks nothing
    }
  }

  /** Returns a description without the mark. */
  static String plain(String description) {
    return IN_DESCRIPTION.matcher(description).replaceFirst("");
  }

  /** Returns a stream's configuration, in JSON, with this mark in place of an earlier one. */
  String in(String config) throws JsonParseException {
    JsonValue parsed = JsonParser.parse(config.getBytes(StandardCharsets.UTF_8));
    Map<String, JsonValue> marked = new HashMap<>(parsed.map);
    JsonValue metadata = marked.get("metadata");
    if (metadata != null && metadata.map != null) {
      Map<String, JsonValue> entries = new HashMap<>(metadata.map);
      entries.put(METADATA, new JsonValue(text()));
      marked.put("metadata", new JsonValue(entries));
    } else {
      JsonValue description = marked.get("description");
      marked.put(
          "description",
          new JsonValue(describing(description == null ? null : description.string)));
    }
    return new JsonValue(marked).toJson();
  }

  private String describing(@Nullable String description) {
    String plain = InstallationMark.plain(description);
    String own = (plain.isEmpty() ? "" : plain + " ") + "[restored " + text() + "]";
    return InstallationMark.of(null, description)
        .map(installation -> own + " [installation " + installation + "]")
        .orElse(own);
  }

  private String text() {
    return at + " " + backup;
  }
}
