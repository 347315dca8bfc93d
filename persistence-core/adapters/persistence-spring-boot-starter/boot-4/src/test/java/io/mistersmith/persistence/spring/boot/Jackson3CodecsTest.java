package io.mistersmith.persistence.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.state.StateType;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.json.JsonMapper;

class Jackson3CodecsTest {

  record Line(String itemName, int count) {}

  private final ApplicationContextRunner runner =
      new ApplicationContextRunner()
          .withConfiguration(BootLine.own())
          .withBean(InMemoryStores.class, InMemoryStores::new)
          .withBean(
              JsonMapper.class,
              () ->
                  JsonMapper.builder()
                      .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
                      .build());

  @Test
  void mapsByTheMapperOfTheApplication() {
    runner.run(
        context -> {
          JacksonCodecs codecs = context.getBean(JacksonCodecs.class);
          assertThat(codecs.codec(Line.class).encode(new Line("nut", 2)))
              .asString(StandardCharsets.UTF_8)
              .contains("\"item_name\":\"nut\"");

          Persistence persistence = context.getBean(Persistence.class);
          StateKey key =
              StateKey.of(persistence.agents().save(Agent.of("shop", "Ada")).value().id(), "cart");
          StateRepository<List<Line>> carts =
              persistence.states(
                  codecs.map(StateType.of("cart", new StateType.Token<List<Line>>() {})));
          carts.save(key, List.of(new Line("nut", 2)));
          assertThat(carts.find(key).orElseThrow().value()).containsExactly(new Line("nut", 2));
        });
  }

  @Test
  void hasPrecedenceOverJackson2() {
    runner
        .withBean(ObjectMapper.class, ObjectMapper::new)
        .run(
            context ->
                assertThat(context.getBean(JacksonCodecs.class))
                    .isInstanceOf(Jackson3Codecs.class));
  }
}
