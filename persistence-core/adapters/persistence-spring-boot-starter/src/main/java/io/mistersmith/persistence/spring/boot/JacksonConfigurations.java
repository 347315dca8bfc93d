package io.mistersmith.persistence.spring.boot;

import com.fasterxml.jackson.databind.ObjectMapper;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnSingleCandidate;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import tools.jackson.databind.json.JsonMapper;

/**
 * One configuration for each Jackson. They are not nested in the auto-configuration, since Spring
 * would then read them in any order.
 */
final class JacksonConfigurations {

  private JacksonConfigurations() {}

  @Configuration(proxyBeanMethods = false)
  @ConditionalOnClass(JsonMapper.class)
  @ConditionalOnSingleCandidate(JsonMapper.class)
  @ConditionalOnMissingBean(JacksonCodecs.class)
  static class OfJackson3 {

    @Bean
    Jackson3Codecs persistenceJacksonCodecs(JsonMapper mapper) {
      return new Jackson3Codecs(mapper);
    }
  }

  @Configuration(proxyBeanMethods = false)
  @ConditionalOnClass(ObjectMapper.class)
  @ConditionalOnSingleCandidate(ObjectMapper.class)
  @ConditionalOnMissingBean(JacksonCodecs.class)
  static class OfJackson2 {

    @Bean
    Jackson2Codecs persistenceJacksonCodecs(ObjectMapper mapper) {
      return new Jackson2Codecs(mapper);
    }
  }
}
