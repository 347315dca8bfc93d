@NullMarked
package io.mistersmith.persistence.core.internal.base;

import org.jspecify.annotations.NullMarked;
