package io.mistersmith.persistence.core.internal.store.nats;

import static org.assertj.core.api.Assertions.assertThat;

import io.nats.client.api.StreamConfiguration;
import io.nats.client.support.JsonParseException;
import io.nats.client.support.JsonParser;
import io.nats.client.support.JsonValue;
import io.nats.client.support.JsonValueUtils;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** The mark of a restored stream, as servers of all versions keep it. */
class RestoreMarkTest {

  private static final RestoreMark MARK =
      new RestoreMark(Instant.parse("2026-12-01T23:15:00.123456789Z"), "20261201T231500Z-daily");
  private static final UUID INSTALLATION = UUID.randomUUID();

  private static StreamConfiguration.Builder stream() {
    return StreamConfiguration.builder().name("KV_B").subjects("$KV.B.>");
  }

  /** Returns what a server would print of the configuration. */
  private static StreamConfiguration read(String json) throws JsonParseException {
    JsonValue config = JsonParser.parse(json.getBytes(StandardCharsets.UTF_8));
    StreamConfiguration.Builder builder =
        stream().description(JsonValueUtils.readString(config, "description"));
    JsonValue metadata = JsonValueUtils.readValue(config, "metadata");
    if (metadata != null && metadata.map != null) {
      Map<String, String> entries = new HashMap<>();
      metadata.map.forEach((key, value) -> entries.put(key, value.string));
      builder.metadata(entries);
    }
    return builder.build();
  }

  @Test
  void aStreamThatWasNotRestoredHasNone() {
    assertThat(RestoreMark.of(stream().build())).isEmpty();
    assertThat(RestoreMark.of(stream().description("an agent's [restored memory]").build()))
        .isEmpty();
  }

  @Test
  void itIsInTheMetadataBesideTheInstallation() throws JsonParseException {
    String config =
        stream()
            .description("state")
            .metadata(new HashMap<>(Map.of(InstallationMark.METADATA, INSTALLATION.toString())))
            .build()
            .toJson();

    StreamConfiguration marked = read(MARK.in(config));

    assertThat(RestoreMark.of(marked)).contains(MARK);
    assertThat(InstallationMark.of(marked)).contains(INSTALLATION);
    assertThat(marked.getDescription()).isEqualTo("state");
  }

  @Test
  void itIsInTheDescriptionWhereTheServerKeepsNoMetadata() throws JsonParseException {
    String config =
        stream().description(InstallationMark.marked("state", INSTALLATION)).build().toJson();

    StreamConfiguration marked = read(MARK.in(config));

    assertThat(RestoreMark.of(marked)).contains(MARK);
    assertThat(InstallationMark.of(marked)).contains(INSTALLATION);
    assertThat(InstallationMark.plain(marked.getDescription())).isEqualTo("state");
  }

  @Test
  void aSecondRestoreReplacesIt() throws JsonParseException {
    RestoreMark later = new RestoreMark(MARK.at().plusSeconds(60), "20261202T231500Z-daily");
    String config = stream().description("state").build().toJson();

    StreamConfiguration marked = read(later.in(MARK.in(config)));

    assertThat(RestoreMark.of(marked)).contains(later);
    assertThat(InstallationMark.plain(marked.getDescription())).isEqualTo("state");
    assertThat(InstallationMark.of(marked)).isEqualTo(Optional.empty());
  }
}
