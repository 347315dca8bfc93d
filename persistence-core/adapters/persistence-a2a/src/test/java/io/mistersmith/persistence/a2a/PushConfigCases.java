package io.mistersmith.persistence.a2a;

import static org.assertj.core.api.Assertions.assertThat;

import io.a2a.spec.ListTaskPushNotificationConfigParams;
import io.a2a.spec.ListTaskPushNotificationConfigResult;
import io.a2a.spec.PushNotificationConfig;
import io.a2a.spec.TaskState;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * What A2A's InMemoryPushNotificationConfigStoreTest demands of the store, each case under the name
 * that it has there.
 */
abstract class PushConfigCases extends StoreTests {

  private PersistentPushNotificationConfigStore configs() {
    return PersistentPushNotificationConfigStore.of(stores().runtime());
  }

  private static PushNotificationConfig config(
      @Nullable String id, String url, @Nullable String token) {
    return new PushNotificationConfig(url, token, null, id);
  }

  /** Begins with a task that has the configurations cfg0, cfg1 and so on. */
  private void begin(int count) {
    save(task("task", TaskState.TASK_STATE_WORKING));
    for (int i = 0; i < count; i++) {
      set(config("cfg" + i, "http://url" + i + ".com/callback", "token" + i));
    }
  }

  private PushNotificationConfig set(PushNotificationConfig config) {
    return configs().setInfo("task", config);
  }

  private ListTaskPushNotificationConfigResult page(int size, String token) {
    return configs().getInfo(new ListTaskPushNotificationConfigParams("task", size, token, ""));
  }

  private List<PushNotificationConfig> all() {
    return configs().getInfo(new ListTaskPushNotificationConfigParams("task")).configs().stream()
        .map(found -> found.config())
        .toList();
  }

  private static List<String> ids(ListTaskPushNotificationConfigResult page) {
    List<String> ids = new ArrayList<>();
    page.configs().forEach(found -> ids.add(String.valueOf(found.config().id())));
    return ids;
  }

  @Test
  void testSetInfoAddsNewConfig() {
    begin(0);
    PushNotificationConfig config = config("cfg1", "http://new.url/callback", null);
    assertThat(set(config)).isEqualTo(config);
    assertThat(all()).containsExactly(config);
  }

  @Test
  void testSetInfoAppendsToExistingConfig() {
    begin(0);
    PushNotificationConfig initial = config("cfg_initial", "http://initial.url/callback", null);
    PushNotificationConfig updated = config("cfg_updated", "http://updated.url/callback", null);
    set(initial);
    set(updated);
    assertThat(all()).containsExactly(initial, updated);
  }

  @Test
  void testSetInfoWithoutConfigId() {
    begin(0);
    assertThat(set(config(null, "http://initial.url/callback", null)).id()).isEqualTo("task");
    assertThat(all()).extracting(PushNotificationConfig::id).containsExactly("task");
    assertThat(set(config(null, "http://initial.url/callback_new", null)).id()).isEqualTo("task");
    assertThat(all())
        .extracting(PushNotificationConfig::url)
        .containsExactly("http://initial.url/callback_new");
  }

  @Test
  void testGetInfoExistingConfig() {
    begin(1);
    assertThat(all()).containsExactly(config("cfg0", "http://url0.com/callback", "token0"));
  }

  @Test
  void testGetInfoNonExistentConfig() {
    begin(0);
    assertThat(all()).isEmpty();
  }

  @Test
  void testDeleteInfoExistingConfig() {
    begin(1);
    configs().deleteInfo("task", "cfg0");
    assertThat(all()).isEmpty();
  }

  @Test
  void testDeleteInfoNonExistentConfig() {
    begin(0);
    configs().deleteInfo("task", "non_existent_id");
    assertThat(all()).isEmpty();
  }

  @Test
  void testDeleteInfoWithNullConfigId() {
    begin(0);
    set(config(null, "http://delete.this/callback", null));
    configs().deleteInfo("task", null);
    assertThat(all()).isEmpty();
  }

  @Test
  void testMultipleConfigsForSameTask() {
    begin(2);
    assertThat(all()).extracting(PushNotificationConfig::id).containsExactly("cfg0", "cfg1");
  }

  @Test
  void testDeleteSpecificConfigFromMultiple() {
    begin(2);
    configs().deleteInfo("task", "cfg0");
    assertThat(all()).extracting(PushNotificationConfig::id).containsExactly("cfg1");
  }

  @Test
  void testConfigStoreIntegration() {
    begin(0);
    PushNotificationConfig config = config("test_id", "http://example.com", "test_token");
    PushNotificationConfig stored = set(config);
    assertThat(stored).isEqualTo(config);
    assertThat(all()).containsExactly(config);
    configs().deleteInfo("task", stored.id());
    assertThat(all()).isEmpty();
  }

  @Test
  void testPaginationWithPageSize() {
    begin(5);
    assertThat(page(2, "").configs()).hasSize(2);
    assertThat(page(2, "").nextPageToken()).isNotNull();
  }

  @Test
  void testPaginationWithPageToken() {
    begin(5);
    ListTaskPushNotificationConfigResult first = page(2, "");
    ListTaskPushNotificationConfigResult second = page(2, String.valueOf(first.nextPageToken()));
    assertThat(ids(first)).containsExactly("cfg0", "cfg1");
    assertThat(ids(second)).containsExactly("cfg2", "cfg3");
    assertThat(second.nextPageToken()).isNotNull();
  }

  @Test
  void testPaginationLastPage() {
    begin(5);
    String second = String.valueOf(page(2, "").nextPageToken());
    ListTaskPushNotificationConfigResult last =
        page(2, String.valueOf(page(2, second).nextPageToken()));
    assertThat(last.configs()).hasSize(1);
    assertThat(last.nextPageToken()).isNull();
  }

  @Test
  void testPaginationWithZeroPageSize() {
    begin(5);
    assertThat(page(0, "").configs()).hasSize(5);
    assertThat(page(0, "").nextPageToken()).isNull();
  }

  @Test
  void testPaginationWithNegativePageSize() {
    begin(3);
    assertThat(page(-1, "").configs()).hasSize(3);
    assertThat(page(-1, "").nextPageToken()).isNull();
  }

  @Test
  void testPaginationPageSizeLargerThanConfigs() {
    begin(3);
    assertThat(page(10, "").configs()).hasSize(3);
    assertThat(page(10, "").nextPageToken()).isNull();
  }

  @Test
  void testPaginationExactlyPageSize() {
    begin(3);
    assertThat(page(3, "").configs()).hasSize(3);
    assertThat(page(3, "").nextPageToken()).isNull();
  }

  @Test
  void testPaginationWithInvalidToken() {
    begin(5);
    ListTaskPushNotificationConfigResult page = page(2, "invalid_token_that_does_not_exist");
    assertThat(ids(page)).containsExactly("cfg0", "cfg1");
    assertThat(page.nextPageToken()).isNotNull();
  }

  @Test
  void testPaginationEmptyTaskWithPageSize() {
    begin(0);
    assertThat(page(2, "").configs()).isEmpty();
    assertThat(page(2, "").nextPageToken()).isNull();
  }

  @Test
  void testPaginationFullIteration() {
    begin(7);
    int collected = 0;
    int pages = 0;
    String token = "";
    while (token != null) {
      ListTaskPushNotificationConfigResult page = page(3, token);
      collected += page.configs().size();
      token = page.nextPageToken();
      pages++;
    }
    assertThat(collected).isEqualTo(7);
    assertThat(pages).isEqualTo(3);
  }
}
