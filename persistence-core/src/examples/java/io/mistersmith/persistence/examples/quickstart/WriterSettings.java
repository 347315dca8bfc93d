package io.mistersmith.persistence.examples.quickstart;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.mistersmith.persistence.config.FlushConfig;
import io.mistersmith.persistence.config.NatsConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.event.PersistenceListener;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The settings of a writing process, one line on its standard input: a password has no place in a
 * command line.
 *
 * @param name the process's name in leases
 * @param input the recorded runs; the sample where it is null
 * @param replay names this replay, so that its agents are its own
 * @param began when this replay began, in milliseconds since 1970
 */
record WriterSettings(
    String name,
    @Nullable String input,
    String replay,
    long began,
    String jdbcUrl,
    String user,
    @Nullable String password,
    List<String> natsServers) {

  private static final JsonMapper JSON = JsonMapper.builder().build();

  WriterSettings {
    natsServers = List.copyOf(natsServers);
  }

  static WriterSettings parse(String line) throws JsonProcessingException {
    return JSON.readValue(line, WriterSettings.class);
  }

  String line() throws JsonProcessingException {
    return JSON.writeValueAsString(this);
  }

  WriterSettings named(String newName) {
    return new WriterSettings(newName, input, replay, began, jdbcUrl, user, password, natsServers);
  }

  @JsonIgnore
  Optional<Path> file() {
    return Optional.ofNullable(input).map(Path::of);
  }

  /**
   * The engine's configuration: buckets of its own on a shared server, and times that fit a run of
   * seconds. Entries leave KV after half a second, so that the second writer has something to
   * hydrate; the lease is short, so that it need not wait long for the dead one's to run out.
   */
  PersistenceConfig engine(PersistenceListener listener) {
    PostgresConfig postgres = PostgresConfig.of(jdbcUrl, user);
    if (password != null) {
      postgres = postgres.toBuilder().password(password).build();
    }
    return PersistenceConfig.builder(
            NatsConfig.builder(natsServers.toArray(String[]::new))
                .namePrefix("quickstart-")
                .build(),
            postgres)
        .flush(
            FlushConfig.builder()
                .leaseDuration(Duration.ofSeconds(1))
                .idleTimeToLive(Duration.ofMillis(500))
                .sweepInterval(Duration.ofSeconds(1))
                .build())
        .runtimeName(name)
        .listener(listener)
        .build();
  }

  @Override
  public String toString() {
    return "WriterSettings[name=" + name + ", replay=" + replay + "]";
  }
}
