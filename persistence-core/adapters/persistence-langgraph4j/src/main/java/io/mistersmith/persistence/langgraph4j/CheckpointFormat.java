package io.mistersmith.persistence.langgraph4j;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import java.io.IOException;
import java.util.Base64;
import org.bsc.langgraph4j.checkpoint.Checkpoint;
import org.bsc.langgraph4j.serializer.StateSerializer;

/** Maps checkpoints to entries and back. Thread-safe, if the framework's serializer is. */
final class CheckpointFormat {

  private final StateSerializer<?> serializer;

  CheckpointFormat(StateSerializer<?> serializer) {
    this.serializer = serializer;
  }

  StoredCheckpoint stored(Checkpoint checkpoint, long place, long latest) {
    try {
      return new StoredCheckpoint(
          checkpoint.getId(),
          checkpoint.getNodeId(),
          checkpoint.getNextNodeId(),
          Base64.getEncoder().encodeToString(serializer.dataToBytes(checkpoint.getState())),
          place,
          latest);
    } catch (IOException e) {
      throw failure(checkpoint.getId(), "written", e);
    }
  }

  Checkpoint checkpoint(StoredCheckpoint stored) {
    try {
      return Checkpoint.builder()
          .id(stored.id())
          .nodeId(stored.nodeId())
          .nextNodeId(stored.nextNodeId())
          .state(serializer.dataFromBytes(Base64.getDecoder().decode(stored.state())))
          .build();
    } catch (IOException | ClassNotFoundException e) {
      throw failure(stored.id(), "read", e);
    }
  }

  private static NonTransientPersistenceException failure(String id, String what, Exception cause) {
    return new NonTransientPersistenceException(
        DataError.SERIALIZATION_ERROR,
        "checkpoint "
            + id
            + ": its state cannot be "
            + what
            + " by the graph's state serializer; give the saver the serializer of the graph",
        cause);
  }
}
