package io.mistersmith.persistence.examples.quickstart;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.Map;
import java.util.Optional;

/** The reports of a writing process to the process that started it, one line each. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "report")
@JsonSubTypes({
  @JsonSubTypes.Type(value = WriterReport.Started.class, name = "started"),
  @JsonSubTypes.Type(value = WriterReport.Put.class, name = "put"),
  @JsonSubTypes.Type(value = WriterReport.Got.class, name = "got"),
  @JsonSubTypes.Type(value = WriterReport.Refused.class, name = "refused"),
  @JsonSubTypes.Type(value = WriterReport.Flushed.class, name = "flushed"),
  @JsonSubTypes.Type(value = WriterReport.Finished.class, name = "finished"),
  @JsonSubTypes.Type(value = WriterReport.Failed.class, name = "failed")
})
sealed interface WriterReport {

  JsonMapper JSON = JsonMapper.builder().build();

  /** An agent has found its state: so many steps are behind it, so many entries were hydrated. */
  record Started(int run, int stepsDone, int hydrated) implements WriterReport {}

  /** A write was acknowledged. */
  record Put(int run, int step, String key, long micros) implements WriterReport {}

  /** A read was answered. */
  record Got(long micros) implements WriterReport {}

  /** A step was refused, with the kind of error and what was said about it. */
  record Refused(int run, int step, String error, String reason) implements WriterReport {}

  /**
   * PostgreSQL has committed entries; how many of them had waited how many milliseconds. The
   * backlog is what was written before this process had opened its engine.
   */
  record Flushed(Map<Long, Integer> entriesByLag, Map<Long, Integer> backlogByLag)
      implements WriterReport {}

  /** All runs are written; so many entries are not in PostgreSQL. */
  record Finished(long left) implements WriterReport {}

  /** The process cannot go on. */
  record Failed(String reason) implements WriterReport {}

  default String line() {
    try {
      return JSON.writerFor(WriterReport.class).writeValueAsString(this);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a report that is no JSON: " + getClass(), e);
    }
  }

  /** Empty for a line that was cut off when its writer was killed. */
  static Optional<WriterReport> parse(String line) {
    try {
      return Optional.of(JSON.readValue(line, WriterReport.class));
    } catch (JsonProcessingException e) {
      return Optional.empty();
    }
  }
}
