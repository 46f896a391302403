CREATE TABLE StringIds(id INTEGER PRIMARY KEY,value TEXT);
INSERT INTO StringIds VALUES(1,'gemm<float>'),(2,'norm'),(3,'cudaLaunchKernel_v7000'),(4,'cudaGraphLaunch_v10000'),(5,'cudaMemcpyAsync_v3020'),(6,'cudaStreamSynchronize_v3020'),(7,'cudaMemsetAsync_v3020'),(8,'decode_step 1'),(10,'cuLaunchKernel');
CREATE TABLE CUPTI_ACTIVITY_KIND_KERNEL(start,end,deviceId,streamId,correlationId,globalPid,demangledName,shortName,registersPerThread,gridX,gridY,gridZ,blockX,blockY,blockZ,staticSharedMemory,dynamicSharedMemory,graphNodeId);
INSERT INTO CUPTI_ACTIVITY_KIND_KERNEL VALUES(1000,1050,0,7,1,281474976794624,1,2,32,4,5,6,128,2,1,1000,24,NULL);
