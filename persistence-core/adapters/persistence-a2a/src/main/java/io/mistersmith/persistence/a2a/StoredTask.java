package io.mistersmith.persistence.a2a;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.a2a.spec.Task;
import io.mistersmith.persistence.state.JsonCodec;
import io.mistersmith.persistence.state.StateType;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Optional;

/**
 * A task as it is kept, without its history.
 *
 * @param finalizedAt since when it has been in a final state
 * @param task the task
 */
record StoredTask(Optional<Instant> finalizedAt, Task task) {

  static final StateType<StoredTask> TYPE =
      StateType.of("a2a-tasks", StoredTask.class).withCodec(new Codec());

  boolean isFinal() {
    return task.status().state().isFinal();
  }

  private static final class Codec implements JsonCodec<StoredTask> {

    @Override
    public byte[] encode(StoredTask stored) {
      JsonObject tree = new JsonObject();
      stored.finalizedAt.ifPresent(at -> tree.addProperty("finalizedAt", at.toEpochMilli()));
      tree.add("task", Json.object(Json.of(stored.task)));
      return tree.toString().getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public StoredTask decode(byte[] json) {
      JsonObject tree = Json.object(new String(json, StandardCharsets.UTF_8));
      Optional<Instant> at =
          Optional.ofNullable(tree.get("finalizedAt"))
              .map(JsonElement::getAsLong)
              .map(Instant::ofEpochMilli);
      return new StoredTask(at, Json.parse(tree.get("task").toString(), Task.class));
    }
  }
}
