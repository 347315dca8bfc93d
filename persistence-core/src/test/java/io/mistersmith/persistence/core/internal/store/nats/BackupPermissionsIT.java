package io.mistersmith.persistence.core.internal.store.nats;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.backup.BackupManifest.StreamPart;
import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.NatsConfig;
import io.mistersmith.persistence.core.internal.base.Services;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.hot.EntryMetadata;
import io.mistersmith.persistence.spi.hot.HotWrites;
import io.mistersmith.persistence.spi.hot.Operation;
import io.mistersmith.persistence.testkit.server.NatsOptions;
import io.mistersmith.persistence.testkit.server.NatsServer;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The permissions of backups that are a resource of the library: nothing more is needed. */
class BackupPermissionsIT {

  private static final String RESOURCE = "/io/mistersmith/persistence/nats/backup-permissions.conf";
  private static final String PREFIX = "acme_";
  private static final String STREAM = "KV_acme_AGENT_STATE";

  private static String user() throws IOException {
    try (InputStream in =
        Objects.requireNonNull(NatsStore.class.getResourceAsStream(RESOURCE), RESOURCE)) {
      String file = new String(in.readAllBytes(), UTF_8).replace("PREFIX", PREFIX);
      return file.substring(file.indexOf("users: [") + "users: [".length(), file.lastIndexOf(']'));
    }
  }

  private static NatsServer start(String line) throws IOException {
    return NatsServer.start(
        NatsOptions.defaults()
            .withLine(line)
            .withConfigLine("RUNTIME_PASSWORD: \"secret\"")
            .withConfigLine("BACKUP_PASSWORD: \"secret\"")
            .withConfigLine(
                "authorization {\n  users: ["
                    + PermissionTemplate.userOf(PREFIX)
                    + user()
                    + "]\n}\n"));
  }

  private static NatsConfig as(NatsServer server, String user) {
    String url = server.url().replace("://", "://" + PREFIX + user + ":secret@");
    return NatsConfig.builder(url).namePrefix(PREFIX).build();
  }

  @ParameterizedTest
  @ValueSource(strings = {NatsOptions.OLDEST, NatsOptions.NEWEST})
  void allThatABackupDoesIsAllowed(String line) throws IOException {
    UUID installation = UUID.randomUUID();
    BackupFiles files = new BackupFiles();
    try (NatsServer server = start(line);
        NatsStore runtime =
            NatsFixture.connect(
                NatsFixture.config(server, PREFIX).nats(as(server, "runtime")).build(),
                installation);
        NatsStreamBackup backup =
            NatsStreamBackup.connect(
                as(server, "backup"), "backup", new Services(PersistenceListener.NOOP));
        NatsLink link =
            NatsLink.open(as(server, "backup"), "delete", new Services(PersistenceListener.NOOP))) {
      for (int i = 0; i < 100; i++) {
        long sequence =
            runtime
                .bucket(Bucket.AGENT_STATE)
                .writes()
                .publishAsync(
                    StateKey.of(AgentId.external("agent"), "k" + i),
                    Operation.PUT,
                    new byte[5_000],
                    EntryMetadata.NONE,
                    HotWrites.ANY)
                .join();
        assertThat(sequence).isEqualTo(i + 1);
      }

      assertThat(backup.streamsOf(installation)).containsExactly(STREAM);
      StreamPart part = backup.snapshot(STREAM, files);
      var unused = StreamApi.over(link).ask("delete the stream", "DELETE." + STREAM, "");
      backup.restore(part, files);

      assertThat(backup.contents(STREAM, part.lastSequence()))
          .isEqualTo(part.contents().orElseThrow());
      Path log = server.storeDirectory().resolveSibling("server.log");
      List<String> refused =
          Files.readAllLines(log).stream().filter(text -> text.contains("Violation")).toList();
      assertThat(refused).isEmpty();
    }
  }
}
