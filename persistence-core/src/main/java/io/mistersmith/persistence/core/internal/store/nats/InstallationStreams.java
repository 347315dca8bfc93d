package io.mistersmith.persistence.core.internal.store.nats;

import io.nats.client.support.JsonValue;
import io.nats.client.support.JsonValueUtils;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Finds the streams that bear an installation's mark. */
final class InstallationStreams {

  private InstallationStreams() {}

  /** Returns their names as the server knows them, in order. */
  static List<String> of(StreamApi api, UUID installation) {
    List<String> names = new ArrayList<>();
    long offset = 0;
    long total = 1;
    while (offset < total) {
      JsonValue answer = api.ask("list the streams", "LIST", "{\"offset\":" + offset + "}");
      total = JsonValueUtils.readLong(answer, "total", 0);
      List<JsonValue> page = streams(answer);
      if (page.isEmpty()) {
        break;
      }
      for (JsonValue stream : page) {
        JsonValue config = JsonValueUtils.readValue(stream, "config");
        if (config != null && mark(config).equals(Optional.of(installation))) {
          names.add(JsonValueUtils.readString(config, "name"));
        }
      }
      offset += page.size();
    }
    return names.stream().sorted().toList();
  }

  private static List<JsonValue> streams(JsonValue answer) {
    JsonValue streams = JsonValueUtils.readValue(answer, "streams");
    return streams == null || streams.array == null ? List.of() : streams.array;
  }

  private static Optional<UUID> mark(JsonValue config) {
    Map<String, String> metadata = new HashMap<>();
    @Nullable JsonValue present = JsonValueUtils.readValue(config, "metadata");
    if (present != null && present.map != null) {
      present.map.forEach((key, value) -> metadata.put(key, value.string));
    }
    return InstallationMark.of(metadata, JsonValueUtils.readString(config, "description"));
  }
}
