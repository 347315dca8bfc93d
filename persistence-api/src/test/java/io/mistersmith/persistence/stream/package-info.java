@NullMarked
package io.mistersmith.persistence.stream;

import org.jspecify.annotations.NullMarked;
