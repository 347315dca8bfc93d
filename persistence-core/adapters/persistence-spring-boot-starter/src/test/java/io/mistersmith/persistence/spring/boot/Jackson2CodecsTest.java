package io.mistersmith.persistence.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.state.StateType;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

class Jackson2CodecsTest {

  record Line(String itemName, int count) {}

  private final ObjectMapper mapper =
      new ObjectMapper().setPropertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE);
  private final ApplicationContextRunner runner =
      new ApplicationContextRunner()
          .withConfiguration(BootLine.own())
          .withBean(InMemoryStores.class, InMemoryStores::new);

  @Test
  void mapsByTheMapperOfTheApplication() {
    runner
        .withBean(ObjectMapper.class, () -> mapper)
        .run(
            context -> {
              JacksonCodecs codecs = context.getBean(JacksonCodecs.class);
              assertThat(codecs.codec(Line.class).encode(new Line("nut", 2)))
                  .asString(StandardCharsets.UTF_8)
                  .isEqualTo("{\"item_name\":\"nut\",\"count\":2}");

              Persistence persistence = context.getBean(Persistence.class);
              StateKey key =
                  StateKey.of(
                      persistence.agents().save(Agent.of("shop", "Ada")).value().id(), "cart");
              StateRepository<List<Line>> carts =
                  persistence.states(
                      codecs.map(StateType.of("cart", new StateType.Token<List<Line>>() {})));
              carts.save(key, List.of(new Line("nut", 2)));
              assertThat(carts.find(key).orElseThrow().value()).containsExactly(new Line("nut", 2));
            });
  }

  @Test
  void aValueThatTheMapperRefusesFailsAlone() {
    runner
        .withBean(ObjectMapper.class, () -> mapper)
        .run(
            context -> {
              Persistence persistence = context.getBean(Persistence.class);
              StateKey key =
                  StateKey.of(
                      persistence.agents().save(Agent.of("shop", "Ada")).value().id(), "cart");
              StateType<Object> type =
                  context.getBean(JacksonCodecs.class).map(StateType.of("any", Object.class));
              assertThatThrownBy(() -> persistence.states(type).save(key, new Object()))
                  .isInstanceOf(NonTransientPersistenceException.class)
                  .hasMessageContaining("cart");
            });
  }

  @Test
  void needsAMapper() {
    runner.run(context -> assertThat(context).doesNotHaveBean(JacksonCodecs.class));
  }
}
