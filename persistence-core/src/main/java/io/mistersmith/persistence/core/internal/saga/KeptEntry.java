package io.mistersmith.persistence.core.internal.saga;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.mistersmith.persistence.core.internal.state.tier.PlacedWrites.Latest;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a row {@code BEGUN} keeps of an entry: where the write is to go, and what was there.
 *
 * @param key the entry
 * @param writeId the id of the write
 * @param place the place of the key's latest message
 * @param revision its logical revision
 * @param value its value; empty where there was none
 * @param ownEnd when it ends by its own time to live
 */
@SuppressWarnings("ArrayRecordComponent") // carried, never compared
record KeptEntry(
    StateKey key,
    String writeId,
    long place,
    Optional<Revision.OfJournal> revision,
    Optional<byte[]> value,
    Optional<Instant> ownEnd) {

  private static final String OWNER = "owner";
  private static final String PATH = "key";
  private static final String WRITE = "write";
  private static final String PLACE = "place";
  private static final String REVISION = "revision";
  private static final String TEXT = "value";
  private static final String BYTES = "base64";
  private static final String END = "expires";

  static KeptEntry of(StateKey key, String writeId, Latest latest) {
    return new KeptEntry(
        key, writeId, latest.place(), latest.revision(), latest.value(), latest.ownEnd());
  }

  /** Returns what a step has kept in the attempts that may have taken effect. */
  static List<KeptEntry> of(StepProgress step) {
    return step.action().begun().stream().map(begun -> read(begun.data())).toList();
  }

  /** Whether this is still the latest message, at its place. */
  boolean isAt(Latest latest) {
    return latest.place() == place && isSame(latest);
  }

  /** Whether nothing was written since, though the entry may have moved. */
  boolean isSame(Latest latest) {
    return latest.revision().equals(revision);
  }

  /** Whether the key has the value that it had. */
  boolean hasSameValue(Latest latest) {
    return value.isPresent() == latest.value().isPresent()
        && (value.isEmpty() || Arrays.equals(value.get(), latest.value().get()));
  }

  /** Returns it as the data of a row of the log. The bytes are kept exactly. */
  Map<String, Object> data() {
    Map<String, Object> data = new LinkedHashMap<>();
    data.put(OWNER, key.agent().toString());
    data.put(PATH, key.path());
    data.put(WRITE, writeId);
    data.put(PLACE, Long.toString(place));
    revision.ifPresent(found -> data.put(REVISION, found.toString()));
    value.ifPresent(
        bytes -> {
          String text = new String(bytes, UTF_8);
          boolean isText = text.indexOf('\0') < 0 && Arrays.equals(text.getBytes(UTF_8), bytes);
          data.put(
              isText ? TEXT : BYTES, isText ? text : Base64.getEncoder().encodeToString(bytes));
        });
    ownEnd.ifPresent(end -> data.put(END, Long.toString(end.toEpochMilli())));
    return data;
  }

  static KeptEntry read(Map<String, Object> data) {
    Optional<byte[]> text = text(data, TEXT).map(value -> value.getBytes(UTF_8));
    return new KeptEntry(
        StateKey.ofPath(
            AgentId.parse(text(data, OWNER).orElseThrow()), text(data, PATH).orElseThrow()),
        text(data, WRITE).orElseThrow(),
        Long.parseLong(text(data, PLACE).orElseThrow()),
        text(data, REVISION).map(revision -> (Revision.OfJournal) Revision.parse(revision)),
        text.isPresent() ? text : text(data, BYTES).map(Base64.getDecoder()::decode),
        text(data, END).map(Long::parseLong).map(Instant::ofEpochMilli));
  }

  private static Optional<String> text(Map<String, Object> data, String name) {
    return Optional.ofNullable(data.get(name)).map(String::valueOf);
  }
}
