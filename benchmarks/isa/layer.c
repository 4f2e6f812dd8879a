/*
 * A Vulkan layer between Dawn and a driver whose GPU is not there, such as Mesa's RADV under RADV_FORCE_FAMILY. Such a driver
 * compiles pipelines and can neither allocate nor record nor submit. So this layer passes on what leads to compiled pipelines
 * and answers the rest itself: memory is the process's own, command buffers are empty, fences are always signalled. Nothing is
 * executed; what is read back means nothing.
 *
 * The interface between loader and layers: https://github.com/KhronosGroup/Vulkan-Loader, docs/LoaderLayerInterface.md.
 */
#define VK_NO_PROTOTYPES
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <vulkan/vulkan.h>
#include <vulkan/vk_layer.h>

#define CALL static VKAPI_ATTR
#define LENGTH(list) (sizeof(list) / sizeof *(list))

/* One instance and one device a process is all that the benchmark opens. */
static VkInstance instance_now;
static PFN_vkGetInstanceProcAddr instance_below;
static PFN_vkGetDeviceProcAddr device_below;

/* Memory: one type, on the host. */

typedef struct {
  size_t size;
  char *bytes; /* made when it is mapped */
} Block;

static Block *block_of(VkDeviceMemory memory) { return (Block *)(uintptr_t)memory; }

CALL VkResult VKAPI_CALL allocate_memory(VkDevice device, const VkMemoryAllocateInfo *wanted,
                                         const VkAllocationCallbacks *callbacks, VkDeviceMemory *memory) {
  (void)device, (void)callbacks;
  Block *block = calloc(1, sizeof *block);
  if (block == NULL) return VK_ERROR_OUT_OF_HOST_MEMORY;
  block->size = wanted->allocationSize;
  *memory = (VkDeviceMemory)(uintptr_t)block;
  return VK_SUCCESS;
}

CALL void VKAPI_CALL free_memory(VkDevice device, VkDeviceMemory memory, const VkAllocationCallbacks *callbacks) {
  (void)device, (void)callbacks;
  if (memory == VK_NULL_HANDLE) return;
  free(block_of(memory)->bytes);
  free(block_of(memory));
}

CALL VkResult VKAPI_CALL map_memory(VkDevice device, VkDeviceMemory memory, VkDeviceSize offset, VkDeviceSize size,
                                    VkMemoryMapFlags flags, void **bytes) {
  (void)device, (void)size, (void)flags;
  Block *block = block_of(memory);
  if (block->bytes == NULL) block->bytes = calloc(1, block->size);
  if (block->bytes == NULL) return VK_ERROR_MEMORY_MAP_FAILED;
  *bytes = block->bytes + offset;
  return VK_SUCCESS;
}

/* The driver's own types of memory do not exist: whatever is asked for fits into the only one. */
CALL void VKAPI_CALL memory_properties(VkPhysicalDevice gpu, VkPhysicalDeviceMemoryProperties *described) {
  (void)gpu;
  memset(described, 0, sizeof *described);
  described->memoryTypeCount = described->memoryHeapCount = 1;
  described->memoryHeaps[0].size = 16ull << 30;
  described->memoryHeaps[0].flags = VK_MEMORY_HEAP_DEVICE_LOCAL_BIT;
  described->memoryTypes[0].propertyFlags =
      VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT | VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT |
      VK_MEMORY_PROPERTY_HOST_CACHED_BIT;
}

CALL void VKAPI_CALL memory_properties2(VkPhysicalDevice gpu, VkPhysicalDeviceMemoryProperties2 *described) {
  memory_properties(gpu, &described->memoryProperties);
}

/* How much memory an object needs is still the driver's to say. */
#define REQUIREMENTS(name, Info, Result, bits)                                                                         \
  static void(VKAPI_PTR *name##_below)(VkDevice, Info, Result *);                                                      \
  CALL void VKAPI_CALL name(VkDevice device, Info of, Result *needs) {                                                 \
    name##_below(device, of, needs);                                                                                   \
    needs->bits = 1;                                                                                                   \
  }
REQUIREMENTS(buffer_needs, VkBuffer, VkMemoryRequirements, memoryTypeBits)
REQUIREMENTS(image_needs, VkImage, VkMemoryRequirements, memoryTypeBits)
REQUIREMENTS(buffer_needs2, const VkBufferMemoryRequirementsInfo2 *, VkMemoryRequirements2, memoryRequirements.memoryTypeBits)
REQUIREMENTS(image_needs2, const VkImageMemoryRequirementsInfo2 *, VkMemoryRequirements2, memoryRequirements.memoryTypeBits)

/* Commands: none. */

CALL VkResult VKAPI_CALL allocate_command_buffers(VkDevice device, const VkCommandBufferAllocateInfo *wanted,
                                                  VkCommandBuffer *buffers) {
  for (uint32_t i = 0; i < wanted->commandBufferCount; i++) {
    /* A handle whose first word is the loader's dispatch table, as that of the device is. */
    void **handle = calloc(1, 1024);
    if (handle == NULL) return VK_ERROR_OUT_OF_HOST_MEMORY;
    *handle = *(void **)device;
    buffers[i] = (VkCommandBuffer)handle;
  }
  return VK_SUCCESS;
}

/* A fence or a semaphore: a number is enough, since nobody signals it and nobody waits. */
CALL VkResult VKAPI_CALL create_number(VkDevice device, const void *wanted, const VkAllocationCallbacks *callbacks,
                                       uint64_t *handle) {
  static uint64_t last;
  (void)device, (void)wanted, (void)callbacks;
  *handle = ++last;
  return VK_SUCCESS;
}

CALL VkResult VKAPI_CALL succeed(void) { return VK_SUCCESS; }

static const char *const ignored[] = {
    "vkFreeCommandBuffers",   "vkBeginCommandBuffer",        "vkEndCommandBuffer",         "vkResetCommandBuffer",
    "vkResetCommandPool",     "vkQueueSubmit",               "vkQueueSubmit2",             "vkQueueSubmit2KHR",
    "vkQueueWaitIdle",        "vkDeviceWaitIdle",            "vkGetFenceStatus",           "vkWaitForFences",
    "vkWaitSemaphores",       "vkWaitSemaphoresKHR",         "vkUnmapMemory",              "vkBindBufferMemory",
    "vkBindBufferMemory2",    "vkBindBufferMemory2KHR",      "vkBindImageMemory",          "vkBindImageMemory2",
    "vkBindImageMemory2KHR",  "vkUpdateDescriptorSets",      "vkFlushMappedMemoryRanges",  "vkInvalidateMappedMemoryRanges",
    "vkGetQueryPoolResults",  "vkDestroyFence",              "vkResetFences",              "vkDestroySemaphore",
};

/* Who answers what. */

typedef struct {
  const char *name;
  PFN_vkVoidFunction answer;
  PFN_vkVoidFunction *below; /* where the answer wants to ask the driver too */
} Entry;

#define ENTRY(name, answer) {name, (PFN_vkVoidFunction)(answer), NULL}
#define ASKING(name, answer) {name, (PFN_vkVoidFunction)(answer), (PFN_vkVoidFunction *)&answer##_below}

CALL PFN_vkVoidFunction VKAPI_CALL device_call(VkDevice device, const char *name);

static const Entry device_entries[] = {
    ENTRY("vkGetDeviceProcAddr", device_call),
    ENTRY("vkAllocateMemory", allocate_memory),
    ENTRY("vkFreeMemory", free_memory),
    ENTRY("vkMapMemory", map_memory),
    ENTRY("vkAllocateCommandBuffers", allocate_command_buffers),
    ENTRY("vkCreateFence", create_number),
    ENTRY("vkCreateSemaphore", create_number),
    ASKING("vkGetBufferMemoryRequirements", buffer_needs),
    ASKING("vkGetImageMemoryRequirements", image_needs),
    ASKING("vkGetBufferMemoryRequirements2", buffer_needs2),
    ASKING("vkGetImageMemoryRequirements2", image_needs2),
};

CALL PFN_vkVoidFunction VKAPI_CALL device_call(VkDevice device, const char *name) {
  PFN_vkVoidFunction below = device_below(device, name);
  if (below == NULL) return NULL;
  for (size_t i = 0; i < LENGTH(device_entries); i++) {
    if (strcmp(name, device_entries[i].name) != 0) continue;
    if (device_entries[i].below != NULL) *device_entries[i].below = below;
    return device_entries[i].answer;
  }
  for (size_t i = 0; i < LENGTH(ignored); i++)
    if (strcmp(name, ignored[i]) == 0) return (PFN_vkVoidFunction)succeed;
  return strncmp(name, "vkCmd", 5) == 0 ? (PFN_vkVoidFunction)succeed : below;
}

/* The loader hands the next layer down in a chain of structures; each layer takes its link and leaves the rest. */
#define TAKE_LINK(Info, type, chain, link)                                                                             \
  Info *link = (Info *)(chain);                                                                                        \
  while (link->sType != (type) || link->function != VK_LAYER_LINK_INFO) link = (Info *)link->pNext

CALL VkResult VKAPI_CALL create_instance(const VkInstanceCreateInfo *wanted, const VkAllocationCallbacks *callbacks,
                                         VkInstance *instance) {
  TAKE_LINK(VkLayerInstanceCreateInfo, VK_STRUCTURE_TYPE_LOADER_INSTANCE_CREATE_INFO, wanted->pNext, link);
  instance_below = link->u.pLayerInfo->pfnNextGetInstanceProcAddr;
  link->u.pLayerInfo = link->u.pLayerInfo->pNext;
  VkResult result = ((PFN_vkCreateInstance)instance_below(NULL, "vkCreateInstance"))(wanted, callbacks, instance);
  instance_now = *instance;
  return result;
}

CALL VkResult VKAPI_CALL create_device(VkPhysicalDevice gpu, const VkDeviceCreateInfo *wanted,
                                       const VkAllocationCallbacks *callbacks, VkDevice *device) {
  TAKE_LINK(VkLayerDeviceCreateInfo, VK_STRUCTURE_TYPE_LOADER_DEVICE_CREATE_INFO, wanted->pNext, link);
  device_below = link->u.pLayerInfo->pfnNextGetDeviceProcAddr;
  PFN_vkGetInstanceProcAddr next = link->u.pLayerInfo->pfnNextGetInstanceProcAddr;
  link->u.pLayerInfo = link->u.pLayerInfo->pNext;
  return ((PFN_vkCreateDevice)next(instance_now, "vkCreateDevice"))(gpu, wanted, callbacks, device);
}

CALL PFN_vkVoidFunction VKAPI_CALL instance_call(VkInstance instance, const char *name) {
  const Entry entries[] = {
      ENTRY("vkGetInstanceProcAddr", instance_call),
      ENTRY("vkGetDeviceProcAddr", device_call),
      ENTRY("vkCreateInstance", create_instance),
      ENTRY("vkCreateDevice", create_device),
      ENTRY("vkGetPhysicalDeviceMemoryProperties", memory_properties),
      ENTRY("vkGetPhysicalDeviceMemoryProperties2", memory_properties2),
  };
  for (size_t i = 0; i < LENGTH(entries); i++)
    if (strcmp(name, entries[i].name) == 0) return entries[i].answer;
  return instance_below(instance, name);
}

VKAPI_ATTR VkResult VKAPI_CALL vkNegotiateLoaderLayerInterfaceVersion(VkNegotiateLayerInterface *version) {
  version->loaderLayerInterfaceVersion = 2;
  version->pfnGetInstanceProcAddr = instance_call;
  version->pfnGetDeviceProcAddr = device_call;
  version->pfnGetPhysicalDeviceProcAddr = NULL;
  return VK_SUCCESS;
}
