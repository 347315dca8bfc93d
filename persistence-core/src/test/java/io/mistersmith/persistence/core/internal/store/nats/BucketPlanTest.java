package io.mistersmith.persistence.core.internal.store.nats;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.config.Bucket;
import io.mistersmith.persistence.config.BucketConfig;
import io.mistersmith.persistence.stream.Streams.Difference;
import io.nats.client.api.CompressionOption;
import io.nats.client.api.DiscardPolicy;
import io.nats.client.api.StorageType;
import io.nats.client.api.StreamConfiguration;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class BucketPlanTest {

  private static final UUID INSTALLATION = UUID.randomUUID();
  private static final ServerCapabilities OLD =
      new ServerCapabilities(
          "2.9.10", false, false, false, false, false, false, false, false, false);
  private static final ServerCapabilities NEW =
      new ServerCapabilities("2.15.1", true, true, true, true, true, true, true, true, true);

  @Test
  void aNewBucketIsAKvBucketWithTheSettingsOfItsConfiguration() {
    StreamConfiguration made = plan(Bucket.AGENT_STATE, NEW).create();
    assertThat(made.getName()).isEqualTo("KV_x-AGENT_STATE");
    assertThat(made.getSubjects()).containsExactly("$KV.x-AGENT_STATE.>");
    assertThat(made.getMaxMsgsPerSubject()).isEqualTo(5);
    assertThat(made.getMaxAge()).isEqualTo(Duration.ZERO);
    assertThat(made.getStorageType()).isEqualTo(StorageType.File);
    assertThat(made.getReplicas()).isEqualTo(3);
    assertThat(made.getCompressionOption()).isEqualTo(CompressionOption.S2);
    assertThat(made.getDiscardPolicy()).isEqualTo(DiscardPolicy.New);
    assertThat(made.getAllowDirect()).isTrue();
    assertThat(made.getAllowRollup()).isTrue();
    assertThat(made.getDenyDelete()).isTrue();
    assertThat(made.getDenyPurge()).isFalse();
  }

  @Test
  void onlyBucketsThatAreNotFlushedAndKeepNothingOlderLetTheServerEndMessages() {
    assertThat(plan(Bucket.SESSION_DATA, NEW).create().getAllowMessageTtl()).isFalse();
    assertThat(
            plan(Bucket.QUERY_CACHE.defaults().toBuilder().history(2).build(), NEW)
                .create()
                .getAllowMessageTtl())
        .isFalse();
    assertThat(plan(Bucket.QUERY_CACHE, NEW).create().getAllowMessageTtl()).isTrue();
    assertThat(plan(Bucket.AGENT_STATE, NEW).create().getAllowMessageTtl()).isFalse();
    assertThat(plan(Bucket.AGENT_CONFIG, NEW).create().getAllowMessageTtl()).isFalse();
    assertThat(plan(Bucket.QUERY_CACHE, OLD).create().getAllowMessageTtl()).isFalse();
  }

  @Test
  void whatTheServerCannotDoIsNotAskedFor() {
    assertThat(plan(Bucket.AGENT_STATE, OLD).create().getCompressionOption())
        .isEqualTo(CompressionOption.None);
    BucketConfig placed =
        Bucket.AGENT_STATE.defaults().toBuilder()
            .placementCluster("east")
            .placementTags(List.of("ssd"))
            .build();
    assertThat(plan(placed, OLD).create().getPlacement()).isNull();
    assertThat(plan(placed, NEW).create().getPlacement().getCluster()).isEqualTo("east");
    assertThat(plan(placed, NEW).create().getPlacement().getTags()).containsExactly("ssd");
  }

  @Test
  void aShortMaximumAgeShortensTheDuplicateWindow() {
    BucketConfig brief =
        Bucket.SESSION_DATA.defaults().toBuilder().maxAge(Duration.ofSeconds(1)).build();
    assertThat(plan(brief, NEW).create().getDuplicateWindow()).isEqualTo(Duration.ofSeconds(1));
  }

  @Test
  void theLargestValueLeavesRoomForHeaders() {
    BucketConfig limited =
        Bucket.AGENT_STATE.defaults().toBuilder().maxBytes(1L << 20).maxValueBytes(1_000).build();
    StreamConfiguration made = plan(limited, NEW).create();
    assertThat(made.getMaxBytes()).isEqualTo(1L << 20);
    assertThat(made.getMaximumMessageSize()).isEqualTo(1_000 + BucketPlan.HEADER_ROOM);
  }

  @Test
  void onlyWhatPostgresHasMayBeDroppedByAServerThatDoesNotKeepTheLimit() {
    for (Bucket bucket : Bucket.values()) {
      BucketConfig limited = bucket.defaults().toBuilder().maxBytes(1L << 20).build();
      boolean elsewhere = bucket == Bucket.AGENT_CONFIG || bucket == Bucket.QUERY_CACHE;
      BucketPlan onOld = new BucketPlan("b", bucket, limited, 1, OLD, INSTALLATION);
      assertThat(onOld.create().getMaxBytes()).isEqualTo(elsewhere ? 1L << 20 : -1);
      BucketPlan onNew = new BucketPlan("b", bucket, limited, 1, NEW, INSTALLATION);
      assertThat(onNew.create().getMaxBytes()).isEqualTo(1L << 20);
    }
  }

  @Test
  void aBucketAsConfiguredHasNoDifferences() {
    for (Bucket bucket : Bucket.values()) {
      BucketPlan plan = plan(bucket, NEW);
      assertThat(plan.compare(plan.create()).differences()).isEmpty();
    }
  }

  @Test
  void differencesAreNamedWithBothValuesAndMended() {
    BucketPlan plan = plan(Bucket.AGENT_STATE, NEW);
    StreamConfiguration present =
        StreamConfiguration.builder(plan.create())
            .maxAge(Duration.ofMinutes(30))
            .maxMessagesPerSubject(1)
            .allowDirect(false)
            .build();
    BucketPlan.Changes changes = plan.compare(present);
    assertThat(changes.differences())
        .extracting(Difference::toString)
        .containsExactly(
            "max_age: PT30M -> PT0S",
            "max_msgs_per_subject: 1 -> 5",
            "allow_direct: false -> true");
    assertThat(plan.compare(changes.updated()).differences()).isEmpty();
  }

  @Test
  void whatIsNotConfiguredStaysAsItIs() {
    BucketPlan plan = plan(Bucket.AGENT_STATE, NEW);
    StreamConfiguration present =
        StreamConfiguration.builder(plan.create())
            .maxBytes(4_096)
            .maximumMessageSize(512)
            .denyPurge(true)
            .allowAtomicPublish(true)
            .subjects("$KV.x-AGENT_STATE.>", "other")
            .maxMessagesPerSubject(1)
            .build();
    BucketPlan.Changes changes = plan.compare(present);
    assertThat(changes.differences()).hasSize(1);
    assertThat(changes.updated().getMaxBytes()).isEqualTo(4_096);
    assertThat(changes.updated().getMaximumMessageSize()).isEqualTo(512);
    assertThat(changes.updated().getDenyPurge()).isTrue();
    assertThat(changes.updated().getAllowAtomicPublish()).isTrue();
    assertThat(changes.updated().getSubjects()).contains("other");
  }

  @Test
  void theIdentityIsInTheMetadataOrAtTheEndOfTheDescription() {
    StreamConfiguration newest = plan(Bucket.AGENT_STATE, NEW).create();
    assertThat(newest.getMetadata())
        .containsEntry(InstallationMark.METADATA, INSTALLATION.toString());
    assertThat(InstallationMark.of(newest)).contains(INSTALLATION);
    StreamConfiguration oldest = plan(Bucket.AGENT_STATE, OLD).create();
    assertThat(oldest.getMetadata()).isNullOrEmpty();
    assertThat(oldest.getDescription())
        .startsWith(Bucket.AGENT_STATE.defaults().description())
        .endsWith("[installation " + INSTALLATION + "]");
    assertThat(InstallationMark.of(oldest)).contains(INSTALLATION);
  }

  @Test
  void aChangeOfTheBucketKeepsItsIdentity() {
    for (ServerCapabilities server : List.of(OLD, NEW)) {
      StreamConfiguration made = plan(Bucket.AGENT_STATE, OLD).create();
      BucketPlan.Changes same = plan(Bucket.AGENT_STATE, server).compare(made);
      assertThat(same.differences())
          .noneMatch(difference -> difference.setting().equals("description"));
      StreamConfiguration edited =
          StreamConfiguration.builder(made).maxMessagesPerSubject(1).build();
      BucketPlan.Changes changes = plan(Bucket.AGENT_STATE, server).compare(edited);
      assertThat(changes.differences()).isNotEmpty();
      assertThat(InstallationMark.of(changes.updated())).contains(INSTALLATION);
    }
  }

  @Test
  void anotherTextIsNoIdentity() {
    for (String text :
        List.of("", "[installation none]", "[installation " + INSTALLATION + "] x")) {
      assertThat(InstallationMark.of(null, text)).isEmpty();
      assertThat(InstallationMark.plain(text)).isEqualTo(text);
    }
    assertThat(InstallationMark.of(Map.of(InstallationMark.METADATA, "x"), null)).isEmpty();
    String marked = InstallationMark.marked("", INSTALLATION);
    assertThat(InstallationMark.plain(marked)).isEmpty();
    assertThat(InstallationMark.marked(marked, UUID.randomUUID())).hasSameSizeAs(marked);
  }

  private static BucketPlan plan(Bucket bucket, ServerCapabilities server) {
    int replicas = server.clustered() ? 3 : 1;
    return new BucketPlan(
        "x-" + bucket.name(), bucket, bucket.defaults(), replicas, server, INSTALLATION);
  }

  private static BucketPlan plan(BucketConfig config, ServerCapabilities server) {
    return new BucketPlan("x", Bucket.valueOf(config.name()), config, 1, server, INSTALLATION);
  }
}
