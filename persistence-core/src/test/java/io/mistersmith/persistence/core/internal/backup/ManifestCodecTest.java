package io.mistersmith.persistence.core.internal.backup;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.mistersmith.persistence.backup.BackupKind;
import io.mistersmith.persistence.backup.BackupManifest;
import io.mistersmith.persistence.backup.BackupManifest.BasePart;
import io.mistersmith.persistence.backup.BackupManifest.Contents;
import io.mistersmith.persistence.backup.BackupManifest.Position;
import io.mistersmith.persistence.backup.BackupManifest.PostgresPart;
import io.mistersmith.persistence.backup.BackupManifest.StoredFile;
import io.mistersmith.persistence.backup.BackupManifest.StreamPart;
import io.mistersmith.persistence.backup.BackupManifest.TableContents;
import io.mistersmith.persistence.backup.BackupManifest.WalRange;
import io.mistersmith.persistence.backup.BackupManifest.WrappedKey;
import io.mistersmith.persistence.core.internal.base.Digests;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class ManifestCodecTest {

  private static final Instant AT = Instant.parse("2026-12-01T23:15:00.123456789Z");
  private static final String ID = "20261201T231500Z-cross-system-base";

  private static StoredFile file(String name) {
    return new StoredFile("backups/" + ID + "/" + name, 7, "ab".repeat(32));
  }

  private static BasePart base(Optional<BasePart> since) {
    return new BasePart(
        "label", "0/2000028", "0/2000100", 1, AT, AT, List.of(file("t")), file("m"), since);
  }

  private static BackupManifest manifest(int format) {
    return new BackupManifest(
        format,
        ID,
        BackupKind.CROSS_SYSTEM_BASE,
        AT,
        AT.plusSeconds(1),
        Optional.of("installation"),
        new TreeMap<>(Map.of("library", "1", "postgresql", "16.4")),
        List.of(new WrappedKey("master", "d3JhcHBlZA==")),
        new PostgresPart(
            "db",
            "16.4",
            Optional.empty(),
            Optional.of(file("dump")),
            Optional.of(base(Optional.of(base(Optional.empty())))),
            Optional.of(new WalRange(1, "000000010000000000000002", "…3", 16 << 20)),
            new TreeMap<>(Map.of("agents.state", new TableContents(3, "-17")))),
        List.of(new Position("AGENT_STATE", 3, 100, 110)),
        List.of(
            new StreamPart(
                "KV_AGENT_STATE",
                "{\"name\":\"KV_AGENT_STATE\"}",
                "{\"messages\":4}",
                AT,
                5,
                120,
                4,
                512,
                List.of(file("snapshot")),
                Optional.of(new Contents(120, 4, "cd".repeat(32))))));
  }

  private static DataError errorOf(byte[] bytes) {
    return catchThrowableOfType(
            PersistenceException.class, () -> ManifestCodec.decode(bytes, "manifest.json"))
        .error();
  }

  @Test
  void aManifestIsReadAsItWasWritten() {
    BackupManifest manifest = manifest(BackupManifest.FORMAT);

    byte[] json = ManifestCodec.encode(manifest);

    assertThat(ManifestCodec.decode(json, "manifest.json")).isEqualTo(manifest);
    assertThat(new String(json, UTF_8)).startsWith("{").endsWith("\"}").contains("\"sha256\":");
  }

  @Test
  void everyFileOfTheChainIsOneOfTheBackup() {
    assertThat(manifest(1).files()).hasSize(6);
    assertThat(manifest(1).size()).isEqualTo(42);
  }

  @Test
  void whateverByteWasChangedItIsFound() {
    byte[] json = ManifestCodec.encode(manifest(BackupManifest.FORMAT));
    for (int i = 0; i < json.length; i++) {
      byte[] changed = json.clone();
      changed[i] ^= 1;
      assertThat(errorOf(changed)).as("byte %d", i).isEqualTo(DataError.DATA_CORRUPTION);
    }
  }

  @Test
  void aManifestThatWasCutOffIsFound() {
    byte[] json = ManifestCodec.encode(manifest(BackupManifest.FORMAT));
    for (int length = 0; length < json.length; length++) {
      byte[] cut = Arrays.copyOf(json, length);
      assertThat(errorOf(cut)).as("length %d", length).isEqualTo(DataError.DATA_CORRUPTION);
    }
  }

  @Test
  void theFirstFormHasNumbersOfRowsAlone() {
    String now = new String(ManifestCodec.encode(manifest(1)), UTF_8);
    String then =
        now.substring(0, now.lastIndexOf(",\"sha256\""))
            .replaceAll("\"tables\":\\{.*?}}", "\"counts\":{\"agents.state\":3}");
    assertThat(then).contains("counts").doesNotContain("tables");
    String sum = Digests.sha256Hex((then + "}").getBytes(UTF_8));

    byte[] json = (then + ",\"sha256\":\"" + sum + "\"}").getBytes(UTF_8);
    BackupManifest manifest = ManifestCodec.decode(json, "manifest.json");
    assertThat(manifest.postgres().tables()).isEmpty();
    assertThat(manifest.files()).isEqualTo(manifest(1).files());
  }

  @Test
  void aLaterFormIsRefused() {
    byte[] json = ManifestCodec.encode(manifest(BackupManifest.FORMAT + 1));

    assertThat(errorOf(json)).isEqualTo(DataError.MISCONFIGURED);
  }
}
